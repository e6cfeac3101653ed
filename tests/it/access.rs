//! What the roles of an instance allow, on every page and for every form.

use recomamp::db::{Scope, sql};

use crate::executions::{REACH, run, saved};
use crate::queries::instance;
use crate::support::{House, stories};

/// Gives everybody this role on every instance that they have.
pub(crate) async fn everybody_is(house: &House, role: &'static str) {
    let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
    sql("update instance_access set role = $1").bind(role).execute(&mut tx).await.expect("roles are set");
    tx.commit().await.expect("it is kept");
}

stories! {
    /// A viewer reads everything, starts and changes nothing, and is told who can change that.
    async fn a_viewer_reads_and_is_told_what_is_missing(house: House) {
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let page = run(&ada, &query).await;
        house.settle().await;
        everybody_is(&house, "viewer").await;

        let shown = ada.get(&format!("/queries/{query}")).await.with(200);
        assert!(shown.body.contains("Your role on") && shown.body.contains("you need to be an analyst"), "{}", shown.body);
        assert!(!shown.texts("main button").iter().any(|button| button == "Run"), "{}", shown.body);
        let shown = ada.get(&page).await.with(200);
        assert!(!shown.texts("main button").iter().any(|button| button.contains("Run again")), "{}", shown.body);
        ada.get(&format!("{page}/result.csv")).await.with(200);
        let shown = ada.get(&format!("/instances/{instance}")).await.with(200);
        assert!(shown.texts("dd").iter().any(|fact| fact.starts_with("Viewer: ")), "{}", shown.body);
        assert!(shown.attributes("form[action$='/rename']", "action").is_empty(), "{}", shown.body);

        let new = [("instance", instance.as_str()), ("name", "Mine"), ("sql", REACH), ("window", "settled")];
        for (address, fields) in [
            ("/executions".to_owned(), vec![("query", query.as_str())]),
            (format!("{page}/rerun"), Vec::new()),
            (format!("{page}/cancel"), Vec::new()),
            (format!("{page}/fetch"), Vec::new()),
            ("/queries/new".to_owned(), new.to_vec()),
            (format!("/queries/{query}/edit"), vec![("name", "x"), ("sql", "SELECT 1"), ("revision", "1")]),
            (format!("/queries/{query}/delete"), Vec::new()),
            (format!("/queries/{query}/duplicate"), Vec::new()),
            (format!("/instances/{instance}/rename"), vec![("name", "Mine")]),
        ] {
            let refused = ada.post(&address, &fields).await.with(403);
            let sentence = refused.text("main .lead");
            assert!(sentence.contains("Your role on") && sentence.contains("an administrator"), "{address}: {sentence}");
        }
        assert_eq!(house.count("select count(*) as value from executions").await, 1);
        assert_eq!(house.count("select count(*) as value from queries").await, 1);
    }

    /// An analyst writes and runs, and does not rename.
    async fn an_analyst_runs_and_does_not_rename(house: House) {
        let ada = house.signed_in("Ada").await;
        everybody_is(&house, "analyst").await;
        run(&ada, &saved(&ada, REACH).await).await;
        let refused = ada.post(&format!("/instances/{}/rename", instance(&ada).await), &[("name", "Mine")]).await.with(403);
        assert!(refused.text("main .lead").contains("you need to be a manager"), "{}", refused.body);
    }
}

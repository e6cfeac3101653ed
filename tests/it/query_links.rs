//! Links with parameter values, window and instance that reproduce a form.

use crate::queries::{REACH, id, instance, saved};
use crate::support::stories;

stories! {
    /// The submitted form is one address; anyone who opens it sees the same form.
    async fn a_link_reproduces_the_form_as_it_was_filled_in(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let instance = instance(&ada).await;
        let form = [("once", "word"), ("query", id(&query)), ("instance", instance.as_str()), ("param.campaigns", "Men's\r\nSpring & summer"),
            ("window", "explicit"), ("start", "2026-02-01T00:00:00"), ("end", "2026-02-08T00:00:00"), ("zone", "Europe/Berlin"),
            ("privacy", "blank"), ("privacy.column", "low"), ("options.timeout", "900")];
        let page = ada.get(&ada.post(&format!("{query}/link"), &form).await.with(303).location).await.with(200);
        let link = page.text("#link");
        assert!(link.starts_with("http") && !link.contains("once=") && !link.contains("query="), "{link}");
        let opened = ada.get(&link[link.find("/queries/").expect("a path")..]).await.with(200);
        assert_eq!(opened.text("textarea[name='param.campaigns']"), "Men's Spring & summer");
        assert_eq!(opened.attributes("select[name=window] option[selected]", "value"), ["explicit"]);
        assert_eq!(opened.attributes("input[name=start]", "value"), ["2026-02-01T00:00:00"]);
        assert_eq!(opened.attributes("input[name=zone]", "value"), ["Europe/Berlin"]);
        assert_eq!(opened.attributes("input[name='privacy.column']", "value"), ["low"]);
        assert_eq!(opened.attributes("select[name=instance] option[selected]", "value"), [instance]);
        let again = ada.post("/queries/check", &[("query", id(&query)), ("param.campaigns", "Spring")]).await.with(200);
        assert_eq!(again.texts("button[formaction$='/link']"), ["Copy link to this form"]);
    }

    /// Values equal to the query's defaults aren't in the link; an empty value that isn't the default is.
    async fn a_link_says_only_what_differs_from_the_query(house: House) {
        let ada = house.signed_in("Ada").await;
        let fields = [("name", "Reach"), ("sql", REACH), ("fields", "campaigns"), ("field.campaigns.kind", "list"), ("field.campaigns.default", "Spring"), ("window", "last-week")];
        let query = ada.post("/queries/new", &fields).await.with(303).location;
        let same = [("param.campaigns", "Spring"), ("window", "last-week"), ("start", ""), ("end", ""), ("zone", "UTC"), ("privacy", "drop"), ("privacy.column", "filtered")];
        assert_eq!(ada.post(&format!("{query}/link"), &same).await.with(303).location, format!("{query}/link"));
        let none = ada.post(&format!("{query}/link"), &[("param.campaigns", "")]).await.with(303).location;
        assert_eq!(none, format!("{query}/link?param.campaigns="));
        let page = ada.get(&none).await.with(200);
        assert_eq!(page.texts("main form textarea[name='param.campaigns']"), [""], "the way back keeps the form");
        let renamed = ada.get(&format!("{query}?param.campaigns=Spring&param.brands=Acme")).await.with(200);
        assert!(renamed.text("main").contains("The query has no parameter called brands."));
        assert!(!ada.get(&format!("{query}?param.campaigns=Spring")).await.text("main").contains("The query has no parameter"));
    }

    /// A list of thousands is too long for an address: this is reported, and the form is kept.
    async fn a_form_that_is_too_long_for_a_link_is_kept(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        let many = (0..3_000).map(|n| format!("B0{n:08}")).collect::<Vec<_>>().join("\n");
        let page = ada.post(&format!("{query}/link"), &[("param.campaigns", &many)]).await.with(422);
        assert!(page.texts("main .callout").concat().contains("too long for a link"));
        assert!(page.texts("#link").is_empty());
        assert!(page.text("main form textarea[name='param.campaigns']").ends_with("B000002999"));
    }

    /// A new query begins with the content of its address: text, window, instance, and values as defaults.
    async fn a_new_query_begins_with_what_its_address_says(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let sql: String = url::form_urlencoded::byte_serialize(REACH.as_bytes()).collect();
        let page = ada.get(&format!("/queries/new?name=Reach&sql={sql}&param.campaigns=Spring%0ASummer&param.other=x&window=last-month&zone=Asia/Tokyo&instance={instance}")).await.with(200);
        assert_eq!(crate::queries::sql(&page), REACH);
        assert_eq!(page.text("textarea[name='field.campaigns.default']"), "Spring Summer");
        assert_eq!(page.attributes("select[name=window] option[selected]", "value"), ["last-month"]);
        assert_eq!(page.attributes("select[name=instance] option[selected]", "value"), [instance]);
        assert!(!page.body.contains("field.other"), "the text asks for no such parameter");
    }
}

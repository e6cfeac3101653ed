//! Who is let in, and who is not any more.

use crate::support::{Gate, House, stories};

stories! {
    /// Whoever is taken off the list is out with the next start: the session that was open, and signing in anew.
    async fn a_person_can_be_put_out(database: Database) {
        let gate = Gate::open();
        let both = [("ALLOWED_EMAILS", "chie@example.com")];
        let house = House::open_before(&gate, database, &both).await;
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        chie.get("/queries").await.with(200);
        let house = house.start_again_with(&[("ALLOWED_EMAILS", "somebody@example.org")]).await;
        assert!(chie.get("/queries").await.with(303).location.starts_with("/sign-in"));
        ada.get("/queries").await.with(200);
        let consent = chie.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        let back = chie.get(&chie.allow(&consent, "Chie").await).await;
        assert!(back.body.contains("not on the list of people"), "{}", back.body);
        house.signed_in("Ada").await;
    }
}

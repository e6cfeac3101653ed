//! Instructional queries: what their comments mark becomes parameters of a draft.

use crate::support::stories;

const TEXT: &str = "-- Instructional Query: Reach of chosen campaigns --\n/*\n ------- Customization Instructions -------\n \
    1) REQUIRED UPDATE: Update the campaigns\n*/\nWITH own_campaigns (campaign) AS (\n  VALUES\n    \
    /* REQUIRED UPDATE [1 of 1]: List your campaigns. */\n    ('Campaign1'),\n    ('Campaign2')\n)\nSELECT\n  campaign,\n  \
    COUNT(DISTINCT user_id) AS reach\nFROM\n  dsp_impressions\nWHERE\n  campaign IN (SELECT campaign FROM own_campaigns)\n  \
    AND impressions > 0 -- OPTIONAL UPDATE [1 of 2]: The fewest impressions\n  \
    -- OPTIONAL UPDATE [2 of 2]: Uncomment to filter\n  -- AND device_type = 'Phone'\nGROUP BY\n  campaign";

/// A form with a file, as sent by a browser.
fn with_file(name: &str, bytes: &str) -> (String, String) {
    let body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"sql\"\r\n\r\n\r\n--cut\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{bytes}\r\n--cut--\r\n"
    );
    ("multipart/form-data; boundary=cut".to_owned(), body)
}

stories! {
    /// Pasted: each comment with what it marks; the selection becomes parameters, the comments stay, and it passes
    /// the check.
    async fn a_pasted_instructional_query_gets_its_form(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = ada.post("/queries/import", &[("sql", TEXT)]).await.with(200);
        assert_eq!(page.attributes("input[name=name]", "value"), ["Reach of chosen campaigns"]);
        assert_eq!(page.texts("fieldset.recognized legend"), ["Line 8 · Required update", "Line 19 · Optional update", "Line 20 · Optional update"]);
        assert_eq!(page.attributes("fieldset input[name^='name.']", "value"), ["own_campaigns", "impressions"]);
        assert_eq!(page.attributes("fieldset select option[selected]", "value"), ["list", "number"]);
        assert_eq!(page.text("textarea[name='default.0']"), "", "a placeholder is no default");
        assert_eq!(page.attributes("input[name='default.1']", "value"), ["0"]);
        assert!(page.texts("fieldset.recognized")[2].contains("Asks you to uncomment lines"));
        let form = [("draft", "yes"), ("name", "Reach"), ("sql", TEXT), ("use.0", "true"), ("name.0", "campaigns"), ("kind.0", "list"), ("required.0", "true"),
            ("use.1", "true"), ("name.1", "fewest"), ("kind.1", "number"), ("default.1", "0"), ("required.1", "true")];
        let draft = ada.post("/queries/import", &form).await.with(303).location;
        let editor = ada.get(&draft).await.with(200);
        let sql = crate::queries::sql(&editor);
        assert!(sql.contains("VALUES\n    /* REQUIRED UPDATE [1 of 1]: List your campaigns. */\n    {{campaigns}}\n)"), "{sql}");
        assert!(sql.contains("impressions > {{fewest}} -- OPTIONAL UPDATE"), "{sql}");
        assert_eq!(editor.attributes("input[name=fields]", "value"), ["campaigns", "fewest"]);
        assert!(editor.attributes("input[name='field.campaigns.help']", "value")[0].ends_with("Example: Campaign1"));
        assert!(editor.texts(".remark h2").iter().all(|it| !it.starts_with("Error")), "{:?}", editor.texts(".remark"));
        assert_eq!(editor.attributes("input[name=name]", "value"), ["Reach"]);
    }

    /// Pasted into the editor: it offers to turn what is marked into parameters, and takes the text along.
    async fn the_editor_offers_the_form_of_an_instructional_query(house: House) {
        let ada = house.signed_in("Ada").await;
        let offer = "#marks button[formaction='/queries/import']";
        let typed = ada.post("/queries/check", &[("name", ""), ("sql", TEXT)]).await.with(200);
        assert_eq!(typed.texts(offer), ["Turn them into parameters"]);
        let page = ada.post("/queries/import", &[("draft", "x"), ("tab", "y"), ("name", ""), ("sql", TEXT)]).await.with(200);
        assert_eq!(page.attributes("input[name=name]", "value"), ["Reach of chosen campaigns"]);
        assert_eq!(page.attributes("fieldset input[name^='name.']", "value"), ["own_campaigns", "impressions"]);
        let plain = TEXT.replace("UPDATE", "CHANGE");
        let typed = ada.post("/queries/check", &[("name", ""), ("sql", plain.as_str())]).await.with(200);
        assert!(typed.texts(offer).is_empty());
    }

    /// Unticked literals stay unchanged; invalid names are reported beside their inputs, and nothing is lost.
    async fn what_is_unticked_stays_and_wrong_names_are_reported(house: House) {
        let ada = house.signed_in("Ada").await;
        let wrong = [("draft", "yes"), ("name", "Reach"), ("sql", TEXT), ("use.0", "true"), ("name.0", "1 x"), ("kind.0", "list"),
            ("use.1", "true"), ("name.1", "n"), ("kind.1", "date"), ("default.1", "soon")];
        let page = ada.post("/queries/import", &wrong).await.with(422);
        let errors = page.texts("#e-name\\.0, #e-default\\.1");
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert_eq!(page.text("textarea[name=sql]"), TEXT.split_whitespace().collect::<Vec<_>>().join(" "));
        let same = [("draft", "yes"), ("name", ""), ("sql", TEXT), ("use.0", "true"), ("name.0", "n"), ("kind.0", "list"), ("use.1", "true"), ("name.1", "n"), ("kind.1", "number")];
        assert!(ada.post("/queries/import", &same).await.with(422).text("#e-name\\.1").contains("Another parameter is called n"));
        let none = [("draft", "yes"), ("name", "As it is"), ("sql", TEXT)];
        let draft = ada.post("/queries/import", &none).await.with(303).location;
        assert_eq!(crate::queries::sql(&ada.get(&draft).await), TEXT);
    }

    /// Uploaded: decoded correctly; a file that isn't text is reported.
    async fn an_uploaded_file_is_read_or_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let (kind, body) = with_file("C:\\queries\\Reach of all.sql", "\u{FEFF}SELECT campaign FROM dsp_impressions GROUP BY campaign\r\n");
        let page = ada.send(reqwest::Method::POST, "/queries/import", &[("content-type", &kind)], Some(body)).await.with(200);
        assert_eq!(page.attributes("input[name=name]", "value"), ["Reach of all"]);
        assert!(page.text(".lead").starts_with("No REQUIRED UPDATE"));
        let (kind, body) = with_file("picture.png", "\u{0}\u{1}");
        let page = ada.send(reqwest::Method::POST, "/queries/import", &[("content-type", &kind)], Some(body)).await.with(422);
        assert!(page.text("#e-file").contains("picture.png is not a text file"), "{}", page.body);
        assert!(ada.post("/queries/import", &[("sql", " ")]).await.with(422).text("#e-sql").contains("Enter the SQL"));
    }
}

//! Brands of an instance: importing ASINs and campaigns, and filling forms.

use reqwest::Method;

use crate::queries::{id, instance, saved};
use crate::support::stories;

const SQL: &str = "SELECT tracked_asin, SUM(purchases) AS n FROM amazon_attributed_events_by_traffic_time\n\
    WHERE tracked_asin IN ({{asins}}) AND campaign IN ({{campaigns}}) AND advertiser <> {{brand}}\nGROUP BY tracked_asin";

stories! {
    /// Pasted: recognized lines are stored, duplicates counted, the others listed.
    async fn a_pasted_list_makes_a_brand_and_says_what_was_not_understood(house: House) {
        let ada = house.signed_in("Ada").await;
        let brands = format!("/instances/{}/brands", instance(&ada).await);
        let page = ada.get(&brands).await.with(200);
        assert!(page.body.contains("No brands yet"));
        assert_eq!(page.attributes("main input[name=name]", "value"), [""], "a fresh form is empty");
        let list = "B012345678\nb012345678\nB0ABCDEFGH\n123456789012\nnonsense here\n";
        let page = ada.post(&brands, &[("name", "Acme"), ("items", list)]).await.with(200);
        let told = page.texts("main .callout").concat();
        assert!(told.contains("Acme: 3 items added, 1 already there.") && told.contains("Line 5, nonsense here:"), "{told}");
        assert_eq!(page.texts("tbody tr").len(), 1);
        assert_eq!((page.text("tbody td[data-label=ASINs]"), page.text("tbody td[data-label=Campaigns]")), ("2".to_owned(), "1".to_owned()));
        let again = ada.post(&brands, &[("name", "ACME"), ("items", "B012345678\nB0NEW00000")]).await.with(303);
        let page = ada.get(&again.location).await;
        assert!(page.body.contains("ACME: 1 item added, 1 already there."), "one brand, however it is written");
        assert_eq!(page.texts("tbody tr").len(), 1);
        let nothing = ada.post(&brands, &[("name", ""), ("items", "odd")]).await.with(422);
        assert_eq!(nothing.texts("#e-name, #e-items").len(), 2);
        assert!(nothing.text("textarea[name=items]").contains("odd"), "nothing is lost");
    }

    /// A list of thousands is stored whole and can be saved again on the brand's page; too many are refused before anything is stored.
    async fn a_long_list_is_kept_whole_or_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let brands = format!("/instances/{}/brands", instance(&ada).await);
        let asins = |number: usize| (0..number).map(|at| format!("B0{at:08}")).collect::<Vec<_>>().join("\n");
        let many = format!("{}\nB000000001\tFirst\nB000000002\n", asins(10_050));
        ada.post(&brands, &[("name", "Long"), ("items", &many)]).await.with(303);
        let list = ada.get(&brands).await.with(200);
        assert!(list.body.contains("Long: 10,050 items added, 2 already there."), "{}", list.text("main"));
        let brand = list.attributes("tbody th a", "href").remove(0);
        ada.post(&brand, &[("name", "Long"), ("asins", &asins(10_051))]).await.with(303);
        assert_eq!(ada.get(&brands).await.text("tbody td[data-label=ASINs]"), "10,051");
        let refused = ada.post(&brand, &[("name", "Long"), ("asins", &asins(50_001))]).await.with(422);
        assert!(refused.text("#e-asins").contains("These are 50,001, and a brand can have at most 50,000."), "{}", refused.text("#e-asins"));
        assert_eq!(ada.get(&brands).await.text("tbody td[data-label=ASINs]"), "10,051");
    }

    /// An uploaded spreadsheet with a brand column creates each brand; the export can be imported again.
    async fn a_sheet_makes_its_brands_and_the_export_is_a_sheet(house: House) {
        let ada = house.signed_in("Ada").await;
        let brands = format!("/instances/{}/brands", instance(&ada).await);
        let sheet = "Brand,ASIN,Title\r\nAcme,B012345678,\"Red, small\"\r\nBolt,B0ABCDEFGH,Blue\r\n";
        let body = format!("--cut\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\r\n--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{sheet}\r\n--cut--\r\n");
        let kind = [("content-type", "multipart/form-data; boundary=cut")];
        ada.send(Method::POST, &brands, &kind, Some(body)).await.with(303);
        let list = ada.get(&format!("{brands}?q=blue")).await.with(200);
        assert_eq!(list.texts("tbody th"), ["Bolt"]);
        let csv = ada.get(&format!("{brands}.csv")).await.with(200).body;
        assert!(csv.contains("Acme,asin,B012345678,\"Red, small\""), "{csv}");
        let json = ada.get(&format!("{brands}.json")).await.with(200).body;
        assert!(json.contains("\"brand\""), "{json}");
    }

    /// An aggregate query finds the campaigns and ASINs of an instance; they are added once somebody has looked at them.
    async fn a_result_proposes_brands_and_a_person_confirms_them(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let brands = format!("/instances/{own}/brands");
        let link = ada.get(&brands).await.with(200).attributes("#add a", "href").remove(0);
        assert_eq!(link, format!("/library/brands-and-items?instance={own}"));
        ada.get(&link).await.with(200);
        let query = ada.post("/library/brands-and-items/use", &[("instance", own.as_str()), ("window", "settled")]).await.with(303).location;
        let run = ada.post("/executions", &[("query", id(&query)), ("instance", own.as_str())]).await.with(303).location;
        ada.get(&format!("{run}/brands")).await.with(404);
        house.settle().await;
        let page = ada.get(&run).await.with(200);
        assert!(page.attributes("#download a", "href").contains(&format!("{run}/brands")), "{:?}", page.attributes("#download a", "href"));
        let proposed = ada.get(&format!("{run}/brands")).await.with(200);
        let names = proposed.texts("tbody th");
        assert!(!names.is_empty() && names.iter().all(|name| !name.is_empty()), "{names:?}");
        assert!(ada.get(&brands).await.with(200).texts("tbody tr").is_empty(), "nothing is added before it is confirmed");
        let list = proposed.body.split("name=\"items\"").nth(1).and_then(|rest| rest.split_once('>')).expect("the list").1;
        let list = list.split("</textarea>").next().expect("its end").trim_start().replace("&#34;", "\"").replace("&#38;", "&");
        ada.post(&brands, &[("items", &list), ("kind", "")]).await.with(303);
        assert_eq!(ada.get(&brands).await.with(200).texts("tbody th").len(), names.len());
        let plain = saved(&ada, "States", "SELECT iso_state_province_code AS state, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1").await;
        let run = ada.post("/executions", &[("query", id(&plain)), ("instance", own.as_str())]).await.with(303).location;
        house.settle().await;
        assert!(!ada.get(&run).await.with(200).attributes("#download a", "href").contains(&format!("{run}/brands")));
        assert!(ada.get(&format!("{run}/brands")).await.with(200).text(".empty").contains("No ASINs or campaigns"));
        house.signed_in("Chie").await.get(&format!("{run}/brands")).await.with(404);
    }

    /// Changing, deleting, restoring: names stay unique.
    async fn a_brand_is_changed_deleted_and_restored(house: House) {
        let ada = house.signed_in("Ada").await;
        let brands = format!("/instances/{}/brands", instance(&ada).await);
        ada.post(&brands, &[("name", "Acme"), ("items", "B012345678")]).await.with(303);
        let brand = ada.get(&brands).await.attributes("tbody th a", "href").remove(0);
        let wrong = ada.post(&brand, &[("name", "Acme"), ("asins", "B012345678\nshort"), ("campaigns", "")]).await.with(422);
        assert!(wrong.text("#e-asins").contains("Line 2"));
        ada.post(&brand, &[("name", "Acme & Co"), ("asins", "B0ABCDEFGH\tBlue"), ("campaigns", "Summer, big\n12345678\tWinter")]).await.with(303);
        let page = ada.get(&brand).await.with(200);
        assert_eq!(page.text("textarea[name=campaigns]"), "Summer, big 12345678 Winter");
        let gone = ada.post(&format!("{brand}/delete"), &[]).await.with(303).location;
        let list = ada.get(&gone).await.with(200);
        assert!(list.texts("tbody tr").is_empty() && list.body.contains("“Acme &#38; Co” can be restored") || list.body.contains("can be restored"));
        ada.post(&brands, &[("name", "acme & co"), ("items", "B012345678")]).await.with(303);
        ada.post(&format!("{brand}/restore"), &[]).await.with(409);
        let other = ada.get(&brands).await.attributes("tbody th a", "href").remove(0);
        ada.post(&format!("{other}/delete"), &[]).await.with(303);
        ada.post(&format!("{brand}/restore"), &[]).await.with(303);
        assert_eq!(ada.get(&brands).await.texts("tbody th"), ["Acme & Co"]);
    }

    /// The run form takes the values of a brand that match its parameters' names, and keeps the rest of the form.
    async fn a_form_is_filled_in_from_a_brand(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let query = saved(&ada, "Purchases", SQL).await;
        assert!(ada.get(&query).await.texts("select[name=brand]").is_empty(), "there are no brands");
        let brands = format!("/instances/{own}/brands");
        ada.post(&brands, &[("name", "Acme"), ("items", "campaign id\tcampaign name\tasin\n123456789\tSummer\tB012345678\n\tWinter\tB0ABCDEFGH\n")]).await.with(303);
        let page = ada.get(&query).await.with(200);
        let brand = page.attributes("select[name=brand] option", "value").into_iter().find(|value| !value.is_empty()).expect("a brand");
        let form = [("query", id(&query)), ("instance", own.as_str()), ("brand", brand.as_str()), ("param.asins", "old"), ("window", "last-month")];
        let page = ada.post(&format!("{query}/fill"), &form).await.with(200);
        assert_eq!(page.text("textarea[name='param.asins']"), "B012345678 B0ABCDEFGH");
        assert_eq!(page.text("textarea[name='param.campaigns']"), "Summer Winter");
        assert_eq!(page.attributes("input[name='param.brand']", "value"), ["Acme"]);
        assert_eq!(page.attributes("select[name=window] option[selected]", "value"), ["last-month"]);
        assert!(page.text("#filled").contains("asins (2 values)"), "{}", page.text("#filled"));
        let stranger = house.signed_in("Chie").await;
        let theirs = saved(&stranger, "Theirs", SQL).await;
        stranger.post(&format!("{theirs}/fill"), &[("brand", brand.as_str())]).await.with(404);
    }

    /// Among two hundred instances, labels are visible to everyone, and one's own stars come first.
    async fn instances_have_labels_and_stars(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = format!("/instances/{}", instance(&ada).await);
        ada.post(&format!("{own}/labels"), &[("labels", "EU clients, priority, eu clients")]).await.with(303);
        let list = ada.get("/instances?label=EU+clients").await.with(200);
        assert_eq!(list.attributes("tbody th a[href^='/instances/ins_']", "href"), [own.as_str()]);
        assert!(ada.get("/instances?label=EU").await.texts("tbody tr").is_empty(), "a part of a label is none");
        let page = ada.get(&own).await.with(200);
        assert_eq!(page.attributes("input[name=labels]", "value"), ["EU clients, priority"]);
        let long = ada.post(&format!("{own}/labels"), &[("labels", &"x".repeat(50))]).await.with(422);
        assert!(!long.text("#e-labels").is_empty());
        let last = ada.get("/instances").await.attributes("tbody th a[href^='/instances/ins_']", "href").pop().expect("an instance");
        ada.post(&format!("{last}/star"), &[("on", "true")]).await.with(303);
        let first = ada.get("/instances").await.attributes("tbody th a[href^='/instances/ins_']", "href").remove(0);
        assert_eq!(first, last);
        assert_eq!(ada.get("/instances?show=starred").await.texts("tbody tr").len(), 1);
        ada.post(&format!("{last}/star"), &[("on", "false")]).await.with(303);
        assert!(ada.get("/instances?show=starred").await.texts("tbody tr").is_empty());
    }
}

//! Working with results, and with executions without one: view, filter, chart, download, explain.

use futures::StreamExt as _;
use recomamp::results::{ColumnSpec, Key, Limits, ResultStore};

use crate::executions::{REACH, on_amc, run, saved, set};
use crate::support::{House, Visitor, stories};

/// A result of some campaigns by day, with costs.
const COSTS: &str = "SELECT campaign, impression_date AS day, SUM(total_cost) AS cost, SUM(impressions) AS impressions\n\
    FROM dsp_impressions\nGROUP BY campaign, impression_date";

/// The page of a finished execution of a query.
async fn finished(house: &House, visitor: &Visitor, sql: &str) -> String {
    let page = run(visitor, &saved(visitor, sql).await).await;
    house.settle().await;
    assert!(visitor.get(&page).await.with(200).text("#live [role=status]").contains("Succeeded"));
    page
}

/// Downloads a result again with the button on its page, and checks that it is the same.
async fn fetch_again(house: &House, visitor: &Visitor, page: &str, whole: &str) {
    let offered = visitor.get(page).await.with(200).attributes("main form", "action");
    assert!(offered.contains(&format!("{page}/fetch")), "{offered:?}");
    visitor.post(&format!("{page}/fetch"), &[]).await.with(303);
    assert!(visitor.get(page).await.with(200).text("#live [role=status]").contains("Fetching"));
    house.tick("fetcher").await;
    assert!(visitor.get(page).await.with(200).text("#live [role=status]").contains("Succeeded"));
    assert_eq!(visitor.get(&format!("{page}/result.csv")).await.with(200).body, whole);
}

/// Replaces an execution's result, as if AMC had returned this file.
async fn replaced(house: &House, page: &str, csv: &'static str) {
    let store = ResultStore::folder(&house.folder().join("results")).expect("a place for results");
    let key = Key::new(page.rsplit('/').next().expect("an id")).expect("a key");
    let spec = |name: &str, data_type: &str| ColumnSpec {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        column_type: None,
    };
    let specs = [spec("campaign", "STRING"), spec("reach", "LONG"), spec("impressions", "LONG")];
    let part = futures::stream::iter([Ok(csv.as_bytes().into())]).boxed();
    store.save(&key, &specs, futures::stream::iter([part]), Limits::default()).await.expect("a result that is kept");
}

stories! {
    /// Missing values and ambiguous rows are reported above the table; the total of no values is empty.
    async fn what_is_missing_or_in_doubt_is_said(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        assert!(ada.get(&page).await.texts("#result .callout").is_empty(), "nothing is missing");
        replaced(&house, &page, "campaign,reach,impressions\n,,\n").await;
        let nulls = ada.get(&page).await.with(200);
        assert!(nulls.text("#result .callout").contains("The only row has no values (null). AMC suppressed"), "{}", nulls.body);
        assert_eq!(nulls.texts("#result tbody td"), ["null", "null", "null"]);
        assert!(!nulls.text("#result").contains("Total"), "{}", nulls.text("#result"));
        replaced(&house, &page, "campaign,reach,impressions\na,,7\nb,,0\n").await;
        let some = ada.get(&page).await.with(200);
        assert!(some.text("#result .callout").contains("reach has no value in any row"), "{}", some.body);
        assert_eq!(some.texts("#result tfoot td")[2], "7");
        replaced(&house, &page, "campaign,reach,impressions\na,1,1\n\",2,2\nb,3,3\n\",4,4\n").await;
        let doubtful = ada.get(&page).await.with(200);
        assert!(doubtful.text("#result .callout").contains("Row 2 (part 1 of the file) can be read in two ways"), "{}", doubtful.body);
    }

    /// Filters are added with a form, combined, kept by links, and removed one by one.
    async fn rows_are_filtered_by_links_and_forms(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        let all = ada.get(&page).await.with(200);
        let names = all.texts("#result tbody td:first-child");
        let rows = names.len();
        let totals = all.texts("#result tfoot td");
        assert_eq!((totals[0].as_str(), totals[1].as_str()), ("Total", "–"), "people are not added up");
        assert!(totals[2].chars().all(|letter| letter.is_ascii_digit() || letter == ','), "{totals:?}");
        assert!(all.text("#result").contains("double-count people"));
        let added = ada.get(&format!("{page}?sort=-1&column=2&op=min&value=1&page=9")).await.with(303).location;
        assert_eq!(added, format!("{page}?sort=-1&f=2.min.1#result"));
        let name = url::form_urlencoded::byte_serialize(names[0].as_bytes()).collect::<String>();
        let both = ada.get(&format!("{page}?sort=-1&f=2.min.1&f=0.is.{name}&size=1")).await.with(200);
        assert_eq!(both.texts("#result tbody td:first-child"), [names[0].clone()]);
        assert_eq!(both.texts(".chips li").len(), 3, "two filters, and all of them");
        assert!(both.text("#result th[aria-sort=descending]").starts_with("reach"));
        let sorts = both.attributes("#result thead a", "href");
        assert!(sorts.iter().all(|href| href.contains("f=2.min.1&f=0.is.")), "{sorts:?}");
        let first = ada.get(&page).await.attributes("#result thead a", "href");
        assert!(first[0].contains("sort=0#") && first[1].contains("sort=-1#"), "the greatest first: {first:?}");
        let without = both.attributes(".chips a", "href").remove(1);
        let one = ada.get(without.split('#').next().unwrap()).await.with(200);
        assert_eq!((one.texts(".chips li").len(), one.texts("#result tbody tr").len()), (1, 1), "one row to a page");
        let on = one.attributes("#result .pager a", "href");
        assert!(!on.is_empty() && on.iter().all(|href| href.contains("f=2.min.1") && href.ends_with("#result")), "{on:?}");
        assert!(one.text("#result .pager").contains(&format!("of {rows}")), "{}", one.body);
        assert_eq!(one.attributes("form.jump input[name=f]", "value"), ["2.min.1"]);

        let odd = ada.get(&format!("{page}?f=1.min.many&f=77.is.x&f=nonsense&sort=99")).await.with(200);
        assert_eq!(odd.texts("#result tbody tr").len(), rows);
        assert!(odd.text("#result .callout").contains("Filter not applied"), "{}", odd.body);
        assert!(odd.body.contains("needs a whole number, e.g."), "{}", odd.body);
        let none = ada.get(&format!("{page}?f=1.empty.")).await.with(200);
        assert!(none.text("#result .empty").contains("No matching rows"));
    }

    /// Each section of an execution has its own address, which keeps the selection; the table comes first.
    async fn parts_of_an_execution_have_addresses(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        let shown = ada.get(&format!("{page}?sort=-1&f=1.min.0")).await.with(200);
        assert_eq!(shown.texts(".tabs a"), ["Table", "Summary", "Chart", "SQL", "Progress", "Details", "API request"]);
        assert_eq!(shown.texts(".tabs [aria-current]"), ["Table"]);
        let figures = shown.text(".figures");
        for part in ["Rows", "Duration", "Time window", "Maturity", "Size"] {
            assert!(figures.contains(part), "{part}: {figures}");
        }
        assert!(shown.texts("#source, #progress, #details, #sent-body").is_empty(), "one part at a time");
        let kept = |view: &str| format!("{page}?sort=-1&f=1.min.0&view={view}");
        assert_eq!(shown.attributes(".tabs a", "href")[3], kept("sql"));
        for (view, part) in [("sql", "#source"), ("progress", "#progress"), ("details", "#details"), ("request", "#sent-body")] {
            let shown = ada.get(&kept(view)).await.with(200);
            assert_eq!((shown.texts(part).len(), shown.texts("#result").len()), (1, 0), "{view}");
            assert_eq!(shown.attributes(".tabs a", "href")[0], format!("{page}?sort=-1&f=1.min.0"));
        }
        let going = run(&ada, &saved(&ada, REACH).await).await;
        let going = ada.get(&format!("{going}?view=sql")).await.with(200);
        assert!(going.attributes("#live", "hx-get")[0].ends_with("/live?view=sql"), "the part that is open stays");
        assert_eq!(going.texts(".tabs a"), ["SQL", "Progress", "Details", "API request"]);
        house.settle().await;
    }

    /// Selecting a value filters by it, the address hides columns, and rows are copied as shown.
    async fn rows_are_narrowed_by_their_values_and_copied_as_shown(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        let shown = ada.get(&format!("{page}?sort=-1")).await.with(200);
        let (name, href) = (shown.texts("#result tbody td:first-child").remove(0), shown.attributes("#result tbody td:first-child a", "href").remove(0));
        let narrowed = ada.get(href.split('#').next().unwrap()).await.with(200);
        assert_eq!(narrowed.texts("#result tbody td:first-child"), std::slice::from_ref(&name));
        assert_eq!(narrowed.texts(".chips li").len(), 1);
        assert!(narrowed.attributes("#result tbody td:first-child a", "href").is_empty(), "it is narrowed by it already");

        let chosen = ada.get(&format!("{page}?sort=-1&columns=3&show=0&show=2")).await.with(303).location;
        assert_eq!(chosen, format!("{page}?sort=-1&hide=1#result"));
        let hidden = ada.get(chosen.split('#').next().unwrap()).await.with(200);
        assert_eq!(hidden.texts("#result thead th"), ["campaign", "impressions"]);
        assert_eq!(hidden.attributes("#result input[name=show][checked]", "value"), ["0", "2"]);
        let copy = hidden.attributes("[data-copy-rows]", "data-copy-rows").remove(0);
        assert_eq!(copy, format!("{page}/result.tsv?sort=-1&hide=1"));
        let copied = ada.get(&copy).await.with(200);
        let lines: Vec<&str> = copied.body.lines().collect();
        assert_eq!(lines[0], "campaign\timpressions");
        assert!(lines[1].starts_with(&format!("{name}\t")) && !lines[1].contains(','), "in their order, exact: {}", lines[1]);
        assert_eq!(lines.len(), hidden.texts("#result tbody tr").len() + 1);
    }

    /// Two executions of one query and window have different file names, and each CSV format has its own.
    async fn files_are_distinguished_by_their_names(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let mut names = std::collections::BTreeSet::new();
        for _ in 0..2 {
            let page = run(&ada, &query).await;
            house.settle().await;
            for form in ["", "?form=spreadsheet", "?form=amc", "?form=spreadsheet&separator=semicolon"] {
                let file = ada.get(&format!("{page}/result.csv{form}")).await.with(200);
                names.insert(file.headers["content-disposition"].to_str().unwrap().to_owned());
                let separator = if form.contains("semicolon") { ';' } else { ',' };
                assert!(file.body.trim_start_matches('\u{feff}').starts_with(&format!("campaign{separator}reach")), "{}", file.body);
            }
            for odd in ["form=odd", "separator=x", "form=amc&separator=tab"] {
                ada.get(&format!("{page}/result.csv?{odd}")).await.with(400);
            }
        }
        assert_eq!(names.len(), 6, "{names:?}");
    }

    /// An empty result is downloaded, too: a program that reads the file needs its header.
    async fn an_empty_result_is_downloaded_with_its_header(house: House) {
        let ada = house.signed_in("Ada").await;
        let sql = "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions WHERE campaign = 'nothing' GROUP BY campaign";
        let page = finished(&house, &ada, sql).await;
        let files = ada.get(&page).await.with(200).attributes("#result .empty .downloads a", "href");
        assert_eq!(files.first(), Some(&format!("{page}/result.csv")), "{files:?}");
        assert_eq!(ada.get(&files[0]).await.with(200).body, "campaign,impressions\n");
    }

    /// All and filtered rows, in each format, with descriptive names.
    async fn results_are_downloaded_whole_or_filtered(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        let shown = ada.get(&format!("{page}?f=1.min.0&f=0.filled.")).await.with(200);
        let labels = shown.texts(".downloads h2");
        assert!(labels[0].starts_with("Filtered rows: ") && labels[1].starts_with("Whole result: "), "{labels:?}");
        let whole = ada.get(&format!("{page}/result.csv")).await.with(200);
        let name = whole.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(name.starts_with("attachment; filename=\"reach-by-campaign_") && name.ends_with(".csv\""), "{name}");
        assert!(name.matches('_').count() >= 3, "query, instance, first and last day: {name}");
        let first = whole.body.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
        let filter = format!("f=0.is.{}", url::form_urlencoded::byte_serialize(first.as_bytes()).collect::<String>());
        let filtered = ada.get(&format!("{page}/result.csv?{filter}")).await.with(200);
        assert_eq!(filtered.body.lines().count(), 2);
        assert!(filtered.headers["content-disposition"].to_str().unwrap().ends_with("_filtered.csv\""));
        let json = ada.get(&format!("{page}/result.json?{filter}")).await.with(200);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json.body).unwrap().as_array().unwrap().len(), 1);
        for (kind, begins) in [("xlsx", "PK"), ("parquet", "PAR1")] {
            for query in ["", &format!("?{filter}")] {
                let file = ada.get(&format!("{page}/result.{kind}{query}")).await.with(200);
                assert!(file.body.starts_with(begins), "{kind}");
            }
        }
        let spreadsheet = ada.get(&format!("{page}/result.csv?form=spreadsheet")).await.with(200);
        assert!(spreadsheet.body.starts_with('\u{feff}'));
        let bad = ada.get(&format!("{page}/result.csv?f=1.min.many")).await;
        assert!(bad.status.is_client_error() && bad.body.contains("a whole number"), "{}", bad.body);
        assert!(house.count("select count(*) as value from audit where action = 'exported'").await >= 8);
        let other = house.signed_in("Chie").await;
        for kind in ["csv", "json", "xlsx", "parquet"] {
            other.get(&format!("{page}/result.{kind}")).await.with(404);
            house.visitor().get(&format!("{page}/result.{kind}")).await.with(303);
        }
    }

    /// A result that was removed, is unreadable, or couldn't be downloaded, is downloaded from AMC again: the query
    /// isn't run again.
    async fn a_result_is_fetched_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        let whole = ada.get(&format!("{page}/result.csv")).await.with(200).body;
        assert!(!ada.get(&page).await.body.contains("Fetch the result again"), "it is here");
        ada.post(&format!("{page}/fetch"), &[]).await.with(303);
        assert!(ada.get(&page).await.with(200).body.contains("The result is already here."));

        let id = page.rsplit('/').next().unwrap().to_owned();
        let file = house.folder().join("results/kept").join(format!("{id}.parquet"));
        // Results are cached; a new process reads them again.
        let house = house.start_again_with(&[("KEEP_RESULTS_DAYS", "30")]).await;
        let ada = house.signed_in("Ada").await;
        std::fs::write(&file, "PAR1 but nothing else").expect("a file is written");
        let shown = ada.get(&page).await.with(200);
        assert!(shown.text("main").contains("damaged"), "{}", shown.body);
        assert_eq!(ada.get(&format!("{page}?view=sql")).await.with(200).texts("#source").len(), 1);
        fetch_again(&house, &ada, &page, &whole).await;

        std::fs::remove_file(&file).expect("a file is removed");
        assert!(ada.get(&page).await.with(200).text("main").contains("No result is stored for this execution"));
        fetch_again(&house, &ada, &page, &whole).await;

        house.time.advance(chrono::TimeDelta::days(31));
        let ada = house.signed_in("Ada").await;
        house.tick("retention").await;
        assert!(ada.get(&page).await.with(200).text("main").contains("The result was removed"));
        fetch_again(&house, &ada, &page, &whole).await;
        house.tick("retention").await;
        ada.get(&format!("{page}/result.csv")).await.with(200);
        house.time.advance(chrono::TimeDelta::days(31));
        house.tick("retention").await;
        assert!(!file.exists(), "it is kept for as long as any other");
        assert_eq!(on_amc(&house), 1);
    }

    /// Column summaries, and charts from selected columns.
    async fn a_result_is_summed_up_and_drawn(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, COSTS).await;
        let columns = ada.get(&format!("{page}?view=columns")).await.with(200);
        assert_eq!(columns.texts("#result tbody tr").len(), 4);
        assert!(columns.text("#result tbody tr:nth-child(2)").contains("Day"), "{}", columns.body);
        assert_eq!(columns.attributes("#result .spread svg", "role"), ["img", "img", "img"]);

        let lines = ada.get(&format!("{page}?view=chart")).await.with(200);
        assert_eq!(lines.attributes("#result .chart svg", "role"), ["img", "img"], "for wide and for narrow screens");
        assert!(lines.text(".chart figcaption").ends_with("cost by day and campaign"), "{}", lines.body);
        assert!(!lines.texts(".chart svg title").is_empty() && !lines.attributes(".chart path.line", "d").is_empty());
        assert!(!lines.body.contains("style="), "the policy forbids styles");
        let table = lines.texts("#result details tbody tr");
        assert!(table.len() >= 2, "{}", lines.body);

        let bars = ada.get(&format!("{page}?view=chart&along=0&series=none&shape=bars&numbers=3&fold=greatest")).await;
        assert!(bars.with(200).text(".chart figcaption").contains("impressions by campaign"));
        let shares = ada.get(&format!("{page}?view=chart&along=1&series=0&shape=shares")).await.with(200);
        assert!(shares.body.contains("100 %"), "{}", shares.body);
        let one = ada.get(&format!("{page}?view=chart&f=0.is.nothing-is-called-so")).await.with(200);
        assert!(one.text("#result .empty").contains("nothing to draw"), "{}", one.body);
    }

    /// A percentage needs a whole. Distinct users over several rows have none, and this is reported.
    async fn shares_of_what_does_not_add_up_are_called_so(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, REACH).await;
        let shares = async |numbers: u8| {
            let address = format!("{page}?view=chart&along=0&series=none&shape=shares&numbers={numbers}");
            ada.get(&address).await.with(200).text("#result")
        };
        assert!(shares(1).await.contains("add up to a whole"), "reach");
        assert!(!shares(2).await.contains("add up to a whole"), "impressions");
    }

    /// Money is labeled with AMC's unit and converted on request, consistently.
    async fn money_is_labelled_and_converted_on_request(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = finished(&house, &ada, COSTS).await;
        let plain = ada.get(&page).await.with(200);
        assert!(plain.text("#result thead th:nth-child(3)").contains("millicents"), "{}", plain.body);
        assert!(!plain.text("#result tfoot td:nth-child(3)").is_empty(), "a sum of costs adds up, although it is a double");
        let other = plain.attributes("#money a", "href").remove(0);
        let other = other.strip_suffix("#result").expect("the way leads back to the result");
        assert_eq!(other, format!("{page}?money=units"));
        let converted = ada.get(other).await.with(200);
        assert!(converted.text("#result thead th:nth-child(3)").contains("currency, from millicents"));
        let titles = converted.attributes("#result tbody tr td:nth-child(3) [title]", "title");
        assert!(titles[0].ends_with(" millicents"), "{titles:?}");
        let (text, title) = (converted.text("#result tbody tr td:nth-child(3)"), titles[0].replace(',', ""));
        let (shown, exact): (f64, f64) =
            (text.replace(',', "").parse().unwrap(), title.split(' ').next().unwrap().parse().unwrap());
        assert!((shown - exact / 100_000.0).abs() < 0.0001, "{shown} of {exact}");
        assert!(ada.get(&format!("{page}?view=chart&money=units")).await.body.contains("currency, from millicents"));
        let bare = finished(&house, &ada, REACH).await;
        assert!(ada.get(&bare).await.texts("#money a").is_empty());
    }

    /// A known cause is explained; AMC's message, the marked text and everything as JSON are beside it.
    async fn a_failed_run_says_what_happened_and_what_to_do(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let page = run(&ada, &query).await;
        house.fault("overlap", "", "1").await;
        house.settle().await;
        let shown = ada.get(&page).await.with(200);
        let told = shown.text("#live .callout");
        assert!(told.contains("Too many executions over the same data") && told.contains("What to do:"), "{told}");
        assert!(shown.text("#words").contains("too many workflows"));
        let known: serde_json::Value = serde_json::from_str(&shown.text("#known")).unwrap();
        assert_eq!((known["cause"]["name"].as_str(), known["state"].as_str()), (Some("overlap"), Some("rejected")));
        let json = ada.get(&format!("{page}/problem.json")).await.with(200);
        let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
        assert_eq!(json["cause"]["name"], "overlap");

        let id = page.rsplit('/').next().unwrap();
        let words = "From line 1, column 18 to line 1, column 41: Column 'user_idd' not found in any table";
        let problem = format!("update executions set problem = '{{\"what\":\"No.\",\"words\":\"{}\"}}' where id = $1", words.replace('\'', "''"));
        set(&house, problem.leak(), id).await;
        let marked = ada.get(&page).await.with(200);
        assert!(marked.text("#live .callout").contains("Unknown column"), "{}", marked.body);
        assert_eq!(marked.text("#source mark"), "COUNT(DISTINCT user_id)");
        assert_eq!(marked.attributes("#live .callout a", "href"), ["/search", "#mark"]);
    }

    /// An execution is shown among the others of its query, with their durations.
    async fn runs_of_one_query_stand_in_a_row(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let first = run(&ada, &query).await;
        house.settle().await;
        assert!(ada.get(&format!("{first}?view=progress")).await.texts("#earlier li").is_empty(), "one alone is no row");
        let second = run(&ada, &query).await;
        let live = ada.get(&second).await.with(200);
        assert_eq!(live.texts("#earlier li").len(), 2);
        assert!(live.text(".figures").contains("Typical"), "{}", live.body);
        assert_eq!(live.attributes("#earlier li a", "href"), [first]);
        house.settle().await;

        let others = saved(&ada, COSTS).await;
        run(&ada, &others).await;
        let list = async |query: String| ada.get(&format!("/executions?{query}")).await.with(200);
        let only = list(format!("query={query}")).await;
        assert_eq!((only.texts("#runs tbody tr").len(), only.text(".chips")), (2, "Remove filter: Query: Reach by campaign".to_owned()));
        assert_eq!(only.attributes("form.toolbar input[name=query]", "value"), [query]);
        assert_eq!(list("by=me".to_owned()).await.texts("#runs tbody tr").len(), 3);
        assert_eq!(list("from=2026-03-18&until=2026-03-18".to_owned()).await.texts("#runs tbody tr").len(), 3);
        assert_eq!(list("from=2026-03-19".to_owned()).await.texts("#runs tbody tr").len(), 0);
        assert_eq!(list("until=2026-03-17&from=x".to_owned()).await.texts("#runs tbody tr").len(), 0);
        let csv = ada.get("/executions.csv?by=me&from=2026-03-19").await.with(200);
        assert_eq!(csv.body.lines().count(), 1);
        let chie = house.signed_in("Chie").await;
        assert_eq!(chie.get("/executions?by=me").await.with(200).texts("#runs tbody tr").len(), 0);
    }
}

mod elsewhere {
    use super::*;

    stories! {
        /// Canceled in AMC's console: the execution says so.
        async fn a_run_that_is_cancelled_elsewhere_says_so(database: Database) {
            // Slow enough that it doesn't succeed first.
            let house = House::open_with(database, &[("EMULATOR_SPEED", "5")]).await;
            let ada = house.signed_in("Ada").await;
            let page = run(&ada, &saved(&ada, REACH).await).await;
            house.tick("poller").await;
            ada.post(&format!("{page}/cancel"), &[]).await.with(303);
            house.tick("poller").await;
            set(&house, "update executions set cancel_asked_at = null where id = $1", page.rsplit('/').next().unwrap()).await;
            house.settle().await;
            let shown = ada.get(&page).await.with(200);
            assert!(shown.text("#live [role=status]").contains("Canceled"), "{}", shown.body);
            assert!(shown.text("#live .callout").contains("canceled outside RecomAMP"), "{}", shown.body);
        }
    }
}

//! Numbers that a guide states, and sizes of audiences.

use super::*;

const BY_PRODUCT: &str = "--+++ recomamp query
-- name = \"Q\"
-- [[parameters]]
-- name = \"least\"
-- kind = \"number\"
-- default = 0
--+++
SELECT ad_product_type, SUM(impressions) AS n FROM sponsored_ads_traffic WHERE impressions >= {{least}} GROUP BY 1
";

/// A guide with a claim about some words of its text, which begins at line 12.
fn claiming(words: &str, numbers: &str, more: &str, text: &str) -> String {
    format!(
        "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\n[[claims]]\nquery = \"q\"\ntext = \"{words}\"\nnumbers = {numbers}\n\
         {more}\n+++\n\n{text}\n\n[Q](q.sql)\n"
    )
}

async fn found(root: &Path) -> Vec<(usize, usize, &'static str, String)> {
    let report = check(Some(root), false).await.unwrap();
    report.findings.into_iter().map(|it| (it.line, it.column, it.code, it.message)).collect()
}

#[tokio::test]
async fn numbers_in_a_text_are_computed_and_wrong_ones_are_found_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "t/q.sql", BY_PRODUCT);
    write(root, "t/guide.md", &claiming("of 1", "\"count(n) / count(n)\"", "", "So of 1."));
    let rows = run(Some(root), "t/q", None).await.unwrap().texts(9).unwrap();
    let number = |row: &Vec<Option<String>>| row[1].clone().unwrap().parse::<f64>().unwrap();
    let sum = rows.iter().map(number).sum::<f64>();
    let (name, share) = (rows[0][0].clone().unwrap(), 100.0 * number(&rows[0]) / sum);

    let formulas = format!("[\"sum(n)\", \"100 * n[ad_product_type = '{name}'] / sum(n)\"]");
    let right = format!("Of {sum} impressions, {share:.1} percent");
    write(root, "t/guide.md", &claiming(&right, &formulas, "", &format!("Of {sum}\nimpressions, {share:.1} percent.")));
    let report = check(Some(root), false).await.unwrap();
    assert_eq!((report.findings, report.run, report.numbers), (Vec::new(), 1, 2));
    assert_eq!(check(Some(root), false).await.unwrap().run, 0, "the lock file knows the claims");

    let wrong = format!("Of {sum} impressions, {:.1} percent", share + 0.2);
    write(root, "t/guide.md", &claiming(&wrong, &formulas, "", &wrong.replace("sions, ", "sions,\n  ")));
    let told = found(root).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0, told[0].1, told[0].2), (13, 3, "claim"), "{told:?}");
    assert!(told[0].3.starts_with(&format!("The text says {:.1}; q gives ", share + 0.2)), "{told:?}");
    assert_eq!(check(Some(root), false).await.unwrap().run, 1, "what is wrong is looked at again");

    write(root, "t/guide.md", &claiming(&wrong, &formulas, "within = 0.3", &wrong));
    assert_eq!(found(root).await, []);
    write(root, "t/guide.md", &claiming("of 7", "\"n\"", "", "Of all, of 7."));
    assert!(found(root).await[0].3.contains("rows fit n, not one"));
    write(root, "t/guide.md", &claiming("of 7", "\"sum(n)\"", "parameters = { least = 99 }", "Of all, of 7."));
    let told = found(root).await;
    assert!(told[0].3.contains("q gives 0"), "with these values no row is left: {told:?}");
}

#[tokio::test]
async fn a_claim_that_cannot_be_right_is_told_without_running_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "t/q.sql", BY_PRODUCT);
    for (claim, why) in [
        (claiming("of 7", "\"sum(m)\"", "", "Of all, of 7."), "has no column m"),
        (claiming("of 8", "\"sum(n)\"", "", "Of all, of 7."), "doesn't hold “of 8”"),
        (claiming("of 7", "[\"sum(n)\", \"1\"]", "", "Of all, of 7."), "hold 1 numbers (7), and it has 2 formulas"),
        (claiming("of 7", "\"sum(n\"", "", "Of all, of 7."), "isn't a formula"),
        (claiming("of 7", "\"sum(n)\"", "parameters = { most = 1 }", "Of all, of 7."), "has no parameter most"),
        (claiming("of 7", "\"sum(n)\"", "color = 1", "Of all, of 7."), "`color` means nothing"),
        (claiming("", "\"sum(n)\"", "", "Of all, of 7."), "lacks `text`"),
        (claiming("of 7", "\"sum(n)\"", "", "Of all, of 7.").replace("query = \"q\"", "query = \"p\""), "no query p"),
    ] {
        write(root, "t/guide.md", &claim);
        let told = found(root).await;
        assert!(told.len() == 1 && told[0].3.contains(why) && (5..=9).contains(&told[0].0), "{why}: {told:?}");
    }
}

/// A query that measures an audience.
fn measuring(users: u64, table: &str) -> String {
    format!(
        "--+++ recomamp query\n-- name = \"Q\"\n-- audience = '''\n-- SELECT user_id\n-- FROM {table}\n\
         -- WHERE impressions >= {{{{least}}}} AND user_id IS NOT NULL\n-- GROUP BY user_id\n-- '''\n\
         -- audience-users = {users}\n-- [[parameters]]\n-- name = \"least\"\n-- kind = \"number\"\n-- default = 1\n--+++\n\
         SELECT COUNT(DISTINCT user_id) AS users FROM dsp_impressions WHERE impressions >= {{{{least}}}}\n"
    )
}

#[tokio::test]
async fn an_audience_is_run_and_its_size_is_what_the_author_says() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "t/guide.md", GUIDE);
    write(root, "t/q.sql", &measuring(1, "dsp_impressions_for_audiences"));
    let told = found(root).await;
    assert_eq!(told.iter().map(|it| (it.0, it.2)).collect::<Vec<_>>(), [(9, "audience")], "{told:?}");
    let users = told[0].3.split(' ').find_map(|word| word.parse::<u64>().ok()).unwrap();
    assert!(users > 2, "{told:?}");
    write(root, "t/q.sql", &measuring(users, "dsp_impressions_for_audiences"));
    assert_eq!(found(root).await, []);
    write(root, "t/q.sql", &measuring(users, "dsp_impressions"));
    let told = found(root).await;
    assert!(told.iter().any(|it| (it.0, it.2) == (5, "reporting-source")), "{told:?}");
    write(
        root,
        "t/q.sql",
        &measuring(users, "dsp_impressions_for_audiences").replace("-- audience-users", "-- version"),
    );
    assert!(found(root).await.iter().any(|it| it.3.contains("no `audience-users`")));
}

use super::*;
use crate::queries::model::input::Given;
use crate::queries::model::window::WindowForm;

const SQL: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach\n\
                   FROM dsp_impressions\n\
                   WHERE campaign IN ({{campaigns}})\n\
                   GROUP BY 1";

fn now() -> DateTime<Utc> {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

pub(super) fn with(sql: &str, fields: &[FieldDef], form: &[(&str, &str)]) -> Prepared {
    let (window, privacy) = (WindowForm::default(), Privacy::default());
    let script = Script { sql, fields, window: &window, privacy: &privacy };
    let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    prepare_form(&script, &form, Catalogue::standard(), now(), false)
}

pub(super) fn codes(prepared: &Prepared) -> Vec<&'static str> {
    prepared.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_filled_form_becomes_one_request() {
    let prepared = with(SQL, &[], &[("param.campaigns", "Summer's sale\nWinter")]);
    assert!(prepared.is_ready(), "{:?} {:?}", prepared.errors, prepared.findings);
    assert_eq!(
        prepared.body(),
        json!({
            "workflow": { "sqlQuery": "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions \
                WHERE campaign IN ('Summer''s sale', 'Winter') GROUP BY 1" },
            "timeWindowType": "EXPLICIT", "timeWindowStart": "2026-10-31T00:00:00",
            "timeWindowEnd": "2026-11-07T00:00:00", "timeWindowTimeZone": "UTC",
        })
    );
    assert_eq!(prepared.values.json(), json!({ "campaigns": ["Summer's sale", "Winter"] }));
}

#[test]
fn a_mistyped_column_is_named_at_the_authors_line_with_its_fix() {
    let sql = SQL.replace("SELECT campaign", "SELECT -- by name\n  campaing");
    let prepared = with(&sql, &[], &[("param.campaigns", "a")]);
    assert!(!prepared.is_ready());
    let wrong = prepared.findings.iter().find(|finding| finding.span.of(&sql) == "campaing").expect("a finding there");
    assert_eq!(wrong.level, Level::Error);
    let fix = wrong.fix.as_ref().expect("a fix");
    assert_eq!((fix.span.of(&sql), fix.replacement.as_str()), ("campaing", "campaign"));
}

#[test]
fn what_is_missing_is_reported_beside_its_field_and_the_text_is_checked_all_the_same() {
    let sql = SQL.replace("dsp_impressions", "dsp_impresions");
    let prepared = with(&sql, &[], &[]);
    assert!(!prepared.errors.of("param.campaigns").is_empty());
    assert!(
        prepared.findings.iter().any(|finding| finding.span.of(&sql) == "dsp_impresions"),
        "{:?}",
        codes(&prepared)
    );
    assert_eq!(prepared.asked.len(), 1);
    assert_eq!(prepared.asked[0].kind, FieldKind::List);
}

#[test]
fn an_error_that_may_be_wrong_can_be_acknowledged_and_another_cannot() {
    let missing = SQL.replace("dsp_impressions", "a_new_source");
    let form = |code: &'static str| [("param.campaigns", "a"), ("acknowledge_findings", code)];
    assert!(!with(&missing, &[], &form("hidden-column")).is_ready());
    let accepted = with(&missing, &[], &form("unknown-source"));
    assert!(accepted.is_ready(), "{:?}", accepted.findings);
    assert_eq!(codes(&accepted), ["unknown-source"], "it is still told");
    let refused = SQL.replace("FROM", "FORM");
    assert!(!with(&refused, &[], &form("syntax")).is_ready());
}

#[test]
fn a_hostile_value_stays_a_value() {
    let sql = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions WHERE campaign = {{name}} GROUP BY 1";
    for hostile in ["'; DROP TABLE x --", "' OR '1'='1", "*/ /*", "--", "{{name}}", "\\'", "ünïcode ' \" `"] {
        let prepared = with(sql, &[], &[("param.name", hostile)]);
        assert!(prepared.is_ready(), "{hostile}: {:?} {:?}", prepared.errors, prepared.findings);
        let literal = format!("campaign = '{}' GROUP BY", hostile.replace('\'', "''"));
        assert!(prepared.sql_sent.contains(&literal), "{}", prepared.sql_sent);
    }
    let huge = "x".repeat(1 << 20);
    for refused in ["nul\0", "two\nlines", huge.as_str()] {
        let prepared = with(sql, &[], &[("param.name", refused)]);
        assert!(!prepared.errors.of("param.name").is_empty());
        assert!(!prepared.is_ready());
    }
}

#[test]
fn numbers_cannot_carry_sql() {
    let sql = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions GROUP BY 1 HAVING SUM(impressions) > {{n}}";
    let field = [FieldDef { kind: FieldKind::Number, ..FieldDef::new("n") }];
    assert!(with(sql, &field, &[("param.n", "1 OR 1=1")]).errors.of("param.n").contains("number"));
    let prepared = with(sql, &field, &[("param.n", "-5")]);
    assert!(prepared.sql_sent.ends_with("> (-5)"), "{}", prepared.sql_sent);
}

#[test]
fn an_empty_optional_field_is_null() {
    let sql = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions \
               WHERE {{name}} IS NULL OR campaign = {{name}} GROUP BY 1";
    let field = [FieldDef { required: false, ..FieldDef::new("name") }];
    let prepared = with(sql, &field, &[]);
    assert!(prepared.errors.is_empty(), "{:?}", prepared.errors);
    assert!(prepared.sql_sent.contains("NULL IS NULL OR campaign = NULL"), "{}", prepared.sql_sent);
}

#[test]
fn a_field_in_quotes_is_warned_of_and_one_in_a_comment_is_not() {
    let sql = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions -- '{{c}}'\nWHERE campaign = '{{name}}' GROUP BY 1";
    let prepared = with(sql, &[], &[]);
    let quoted: Vec<&Finding> = prepared.findings.iter().filter(|it| it.code == "quoted-field").collect();
    assert_eq!(quoted.len(), 1);
    assert_eq!(quoted[0].span.of(sql), "'{{name}}'");
    assert_eq!(quoted[0].fix.as_ref().unwrap().replacement, "{{name}}");
}

#[test]
fn custom_parameters_are_declared_and_sent_the_amc_way() {
    let sql = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions \
               WHERE ARRAY_CONTAINS(CUSTOM_PARAMETER('names'), campaign) GROUP BY 1";
    let field = [FieldDef { kind: FieldKind::List, ..FieldDef::new("names") }];
    let prepared = with(sql, &field, &[("param.names", "a,b")]);
    assert!(prepared.is_ready(), "{:?} {:?}", prepared.errors, prepared.findings);
    let body = prepared.body();
    assert_eq!(body["parameterValues"], json!({ "names": ["a", "b"] }));
    let declared = json!([{ "name": "names", "dataType": { "type": "ARRAY", "elementDataType": "STRING" },
        "columnType": "DIMENSION" }]);
    assert_eq!(body["workflow"]["inputParameters"], declared);
    assert!(!with(sql, &field, &[]).errors.of("param.names").is_empty());
}

#[test]
fn privacy_options_have_amcs_names() {
    let prepared = with("SELECT campaign FROM dsp_impressions GROUP BY 1", &[], &[("privacy", "blank")]);
    assert_eq!(prepared.body()["workflow"]["filteredMetricsDiscriminatorColumn"], "filtered");
    let window = WindowForm::default();
    let off = Privacy { mode: PrivacyMode::Off, ..Privacy::default() };
    let script = Script { sql: "SELECT user_id FROM dsp_impressions", fields: &[], window: &window, privacy: &off };
    let sandbox = |is| prepare_form(&script, &Fields::default(), Catalogue::standard(), now(), is);
    let body = sandbox(true).body();
    assert_eq!((&body["requireSyntheticData"], &body["disableAggregationControls"]), (&json!(true), &json!(true)));
    let standard = sandbox(false);
    assert!(!standard.errors.of("privacy").is_empty() && !standard.is_ready());
    assert_eq!(standard.body().get("disableAggregationControls"), None);
}

#[test]
fn run_options_have_amcs_names_and_values_of_their_range() {
    let form = [
        ("options.user_count", "users"),
        ("options.reason", "why"),
        ("options.timeout", "3600"),
        ("options.ignore_gaps", "yes"),
    ];
    let prepared = with("SELECT campaign FROM dsp_impressions GROUP BY 1", &[], &form);
    assert!(prepared.is_ready(), "{:?}", prepared.errors);
    let body = prepared.body();
    let workflow = &body["workflow"];
    assert_eq!(
        (&workflow["distinctUserCountColumn"], &workflow["filteredReasonColumn"]),
        (&json!("users"), &json!("why"))
    );
    assert_eq!((&body["workflowExecutionTimeoutSeconds"], &body["ignoreDataGaps"]), (&json!(3600), &json!(true)));
}

#[test]
fn typed_values_must_fit_their_parameters() {
    let sql = "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions WHERE impressions > {{least}} GROUP BY 1";
    let field = [FieldDef { kind: FieldKind::Number, ..FieldDef::new("least") }];
    let (window, privacy) = (WindowForm::default(), Privacy::default());
    let script = Script { sql, fields: &field, window: &window, privacy: &privacy };
    let run = |given: &[(&str, Given)]| {
        let values = given.iter().map(|(name, given)| ((*name).to_owned(), given.clone())).collect();
        prepare(&script, &RunInput { values, ..RunInput::default() }, Catalogue::standard(), now(), false)
    };
    assert!(run(&[("least", Given::Number("10".into()))]).is_ready());
    assert!(run(&[("least", Given::Text("10".into()))]).is_ready(), "a text is read as if it were typed");
    for wrong in [Given::Boolean(true), Given::List(vec!["1".into()]), Given::Null, Given::Text("ten".into())] {
        assert!(!run(&[("least", wrong.clone())]).errors.of("param.least").is_empty(), "{wrong:?}");
    }
    let unknown = run(&[("least", Given::Number("10".into())), ("most", Given::Number("20".into()))]);
    assert!(unknown.errors.of("param.most").contains("no parameter"), "{:?}", unknown.errors);
}

#[test]
fn text_that_cannot_be_read_is_refused_before_anything_else() {
    for sql in ["", "  \n", "SELECT \0", &"x".repeat(SQL_BYTES + 1)] {
        let prepared = with(sql, &[], &[]);
        assert!(!prepared.errors.of("sql").is_empty());
        assert!(prepared.findings.is_empty() && prepared.sql_sent.is_empty());
    }
}

#[test]
fn values_count_towards_the_limit_of_what_is_sent() {
    let sql = format!(
        "SELECT campaign FROM dsp_impressions WHERE {} GROUP BY 1",
        vec!["campaign IN ({{c}})"; 200].join(" OR ")
    );
    let list: String = (0..1_000).map(|number| format!("campaign number {number}")).collect::<Vec<_>>().join("\n");
    let prepared = with(&sql, &[], &[("param.c", &list)]);
    assert!(prepared.errors.iter().any(|(_, sentence)| sentence.contains("1 MiB")), "{:?}", prepared.errors);
}

proptest::proptest! {
    #[test]
    fn any_text_and_value_give_an_answer(sql in "(\\PC|SELECT |FROM |dsp_impressions |\\{\\{a\\}\\}|'|\\(|\\)|,|--|\n){0,40}", value in "\\PC{0,20}") {
        let prepared = with(&sql, &[], &[("param.a", &value)]);
        for finding in &prepared.findings {
            proptest::prop_assert!(finding.span.start <= finding.span.end && finding.span.end <= sql.len());
            crate::queries::pages::report::remarks(&sql, std::slice::from_ref(finding));
        }
        prepared.body();
    }
}

#[test]
fn a_list_is_written_in_the_type_that_it_is_compared_with() {
    let list = |sql: &str, text: &str| {
        let sql = format!("SELECT campaign, COUNT(1) AS n FROM dsp_clicks WHERE {sql} GROUP BY 1");
        let prepared = with(&sql, &[], &[("param.ids", text)]);
        let sent = prepared.sql_sent.split("WHERE ").nth(1).unwrap().trim_end_matches(" GROUP BY 1").to_owned();
        (sent, codes(&prepared))
    };
    assert_eq!(list("campaign_id IN ({{ids}})", "590\n-12"), ("campaign_id IN (590, (-12))".to_owned(), vec![]));
    assert_eq!(list("campaign_id_string IN ({{ids}})", "590\n12").0, "campaign_id_string IN ('590', '12')");
    assert_eq!(list("click_date IN ({{ids}})", "2026-01-31").0, "click_date IN (CAST('2026-01-31' AS DATE))");
    let (mixed, said) = list("campaign_id IN ({{ids}})", "590\nLaunch");
    assert_eq!(mixed, "campaign_id IN ('590', 'Launch')");
    assert_eq!(said, ["text-as-value"], "what does not read as a number is told");
    assert_eq!(list("campaign_id IN ({{ids}})", "007").0, "campaign_id IN ('007')");
    let given =
        with("SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign_id IN ({{ids}})", &[], &[("param.ids", "590")]);
    assert_eq!(given.values.json(), json!({ "ids": ["590"] }), "values are kept as they were typed");
}

#[test]
fn a_long_value_of_a_custom_parameter_is_told_before_it_is_sent() {
    let sql = "SELECT campaign, COUNT(1) AS n FROM dsp_clicks\n\
               WHERE ARRAY_CONTAINS(CUSTOM_PARAMETER('names'), campaign) GROUP BY 1";
    let names = |count: usize| (0..count).map(|n| format!("B0{n:08}")).collect::<Vec<_>>().join("\n");
    let prepared = with(sql, &[], &[("param.names", &names(103))]);
    let found = prepared.findings.iter().find(|finding| finding.code == "long-parameter").expect("a warning");
    assert!(found.message.contains("1030 characters") && found.span.of(sql).contains("'names'"), "{found:?}");
    assert!(prepared.is_ready(), "it may still be sent");
    assert!(!codes(&with(sql, &[], &[("param.names", &names(102))])).contains(&"long-parameter"));
    let own = sql.replace("ARRAY_CONTAINS(CUSTOM_PARAMETER('names'), campaign)", "campaign IN ({{names}})");
    assert!(!codes(&with(&own, &[], &[("param.names", &names(5_000))])).contains(&"long-parameter"));
}

#[test]
fn a_column_that_was_seen_live_can_be_sent() {
    let sql = "SELECT user_id_type, COUNT(1) AS n FROM conversions_all GROUP BY user_id_type";
    let prepared = with(sql, &[], &[]);
    assert!(codes(&prepared).contains(&"unlisted-column") && prepared.is_ready(), "{:?}", prepared.findings);
    let wrong = with(&sql.replace("user_id_type", "user_id_typ"), &[], &[]);
    assert!(codes(&wrong).contains(&"unknown-column"), "{:?}", codes(&wrong));
}

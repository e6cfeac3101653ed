use super::*;
use crate::amcsql::catalogue::Catalogue;
use crate::web::Fields;

fn read(query: &str) -> Result<Group, Refusal> {
    Group::read(Fields::parse(query.as_bytes()).iter())
}

/// The matching columns for an address.
fn found(query: &str) -> Vec<String> {
    let group = read(query).unwrap();
    let rows = Catalogue::standard()
        .sources()
        .iter()
        .flat_map(|source| source.columns.iter().map(move |column| Row { source, column, is_present: true }));
    rows.filter(|row| group.fits(row)).map(|row| format!("{}.{}", row.source.id, row.column.name)).collect()
}

const NESTED: &str = "f=all&f.1.p=source&f.1.o=is&f.1.v=dsp_clicks&f.2=any&f.2.1.p=threshold&f.2.1.o=least&f.2.1.v=HIGH\
        &f.2.2=none&f.2.2.1.p=type&f.2.2.1.o=is&f.2.2.1.v=string&f.2.2.2.p=role&f.2.2.2.o=is&f.2.2.2.v=dimension";

#[test]
fn an_address_is_parsed_and_written_unchanged() {
    let group = read(NESTED).unwrap();
    let fields = group.fields();
    let again = Group::read(fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))).unwrap();
    assert_eq!((&again, group.count()), (&group, 6));
    assert_eq!(
        group.describe(),
        "data source is “dsp_clicks” and (threshold is at least “HIGH” or (not (type is “string” or role is “dimension”)))"
    );
    assert_eq!(read("").unwrap().fields(), []);
}

#[test]
fn groups_are_combined_by_their_kind() {
    let strict = found(NESTED);
    assert!(strict.contains(&"dsp_clicks.user_id".to_owned()) && strict.contains(&"dsp_clicks.supply_cost".to_owned()));
    assert!(!strict.contains(&"dsp_clicks.campaign".to_owned()));
    let clicks = found("f=all&f.1.p=source&f.1.o=is&f.1.v=dsp_clicks").len();
    assert_eq!(clicks, Catalogue::standard().source("dsp_clicks").unwrap().columns.len());
    let others = found("f=none&f.1.p=source&f.1.o=is&f.1.v=dsp_clicks").len();
    assert_eq!(clicks + others, found("").len());
    assert_eq!(
        found("f=none&f.1.p=column&f.1.o=is").len(),
        clicks + others,
        "what nobody filled in leaves nothing out"
    );
}

#[test]
fn buttons_add_and_remove_parts() {
    let mut group = Group::default();
    for action in ["add", "group", "add.2", "remove.2.1", "group.2"] {
        group.change(action).unwrap();
    }
    let names: Vec<String> = group.fields().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["f", "f.1.p", "f.1.o", "f.2", "f.2.1.p", "f.2.1.o", "f.2.2", "f.2.2.1.p", "f.2.2.1.o"]);
    for forged in ["", "remove", "remove.9", "add.1", "drop.1", "add.0", "add.x", "add.1.2.3.4.5.6"] {
        assert!(group.clone().change(forged).is_err(), "{forged}");
    }
}

#[test]
fn too_many_or_forged_conditions_are_refused() {
    let many: Vec<String> = (1..=1_000).map(|at| format!("f.{at}.p=column&f.{at}.o=is&f.{at}.v=x")).collect();
    assert!(read(&format!("f=all&{}", many.join("&"))).unwrap_err().contains("1000 conditions"));
    for forged in [
        "f=some",
        "f.1.p=color",
        "f.1.p=column&f.1.o=like",
        "f.1.1.p=column",
        "f.x.p=column",
        "f.0.p=column",
        "f.1=all&f.1.p=column",
        "f.1.v=x",
        "f=all&f=any",
        "f.p=column",
        "f.1.p=column&f.1.1.p=column",
        "f.99999999999999999999.p=column",
        "f..p=column",
        "f.1.2.3.4.5.6.7=all",
    ] {
        assert!(read(forged).is_err(), "{forged}");
    }
    assert!(read("from=2026&foo=1&fields=x").is_ok(), "other fields of the address are not looked at");
}

use proptest::prelude::*;

use super::*;

fn field(kind: FieldKind) -> FieldDef {
    FieldDef { kind, choices: vec!["a".into(), "it's".into()], ..FieldDef::new("x") }
}

fn shown(value: Value) -> String {
    match value {
        Value::Text(text) | Value::Number(text) => text,
        Value::Boolean(value) => value.to_string(),
        Value::Date(day) => day.to_string(),
        Value::DateTime(time) => time.format("%Y-%m-%dT%H:%M:%S").to_string(),
        Value::List(items) => items.into_iter().map(shown).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
    }
}

#[test]
fn values_are_read_by_their_declared_type() {
    let read = |kind, text| field(kind).value(text).unwrap();
    assert_eq!(read(FieldKind::Text, "it's -- /* x"), Value::Text("it's -- /* x".into()));
    assert_eq!(read(FieldKind::Number, " -2.50 "), Value::Number("-2.50".into()));
    assert_eq!(read(FieldKind::Boolean, "TRUE"), Value::Boolean(true));
    assert_eq!(read(FieldKind::Date, "2025-07-15"), Value::Date(NaiveDate::from_ymd_opt(2025, 7, 15).unwrap()));
    let time = NaiveDate::from_ymd_opt(2025, 7, 15).unwrap().and_hms_opt(6, 30, 0).unwrap();
    assert_eq!(read(FieldKind::DateTime, "2025-07-15T06:30"), Value::DateTime(time));
    assert_eq!(read(FieldKind::Choice, "it's"), Value::Text("it's".into()));
}

#[test]
fn a_list_is_lines_or_one_line_with_commas() {
    let list = |text| match field(FieldKind::List).value(text).unwrap() {
        Value::List(items) => items.into_iter().map(shown).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(list("a, b ,,c"), ["a", "b", "c"]);
    assert_eq!(list("Spring, early\r\nSummer,\r\n\r\nSummer"), ["Spring, early", "Summer"]);
    assert_eq!(list("one value"), ["one value"]);
}

#[test]
fn what_does_not_fit_its_type_is_refused_with_the_fields_name() {
    for (kind, texts) in [
        (FieldKind::Number, &["1,000", "1 OR 1=1", "0x10", "1e5", "+1", ".5", "NaN", ".", "-", "1e", "١"][..]),
        (FieldKind::Boolean, &["yes", "1"]),
        (FieldKind::Date, &["15.07.2025", "2025-02-30", "2025-07-15T00:00", "+262143-01-01", "0000-01-01"]),
        (FieldKind::DateTime, &["2025-07-15T25:00", "2025-07-15T00:00Z"]),
        (FieldKind::Choice, &["b", "A", "a "]),
        (FieldKind::Text, &["two\nlines", "bell\u{7}", "nul\0"]),
        (FieldKind::List, &["a\0", "a\u{1b}[0m,b"]),
    ] {
        for text in texts {
            let message = field(kind).value(text).unwrap_err();
            assert!(message.contains('x'), "{kind:?} {text:?}: {message}");
        }
    }
}

#[test]
fn a_required_field_needs_a_value_and_an_optional_one_is_null() {
    for kind in FieldKind::ALL {
        assert!(field(kind).value("  ").is_err(), "{kind:?}");
        assert_eq!(FieldDef { required: false, ..field(kind) }.value(" ").unwrap(), Value::Null);
    }
    assert!(field(FieldKind::List).value(" , ,").is_err());
}

#[test]
fn limits_are_reported() {
    let long = "x".repeat(MOST_CHARACTERS + 1);
    assert!(field(FieldKind::Text).value(&long).unwrap_err().contains("10,000"));
    assert!(field(FieldKind::List).value(&format!("a\n{long}")).unwrap_err().contains("1,000"));
    let many: String = (0..=MOST_ITEMS).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
    assert!(field(FieldKind::List).value(&many).unwrap_err().contains("200,000"));
    assert!(field(FieldKind::Number).value(&"9".repeat(39)).is_err());
}

#[test]
fn the_form_shows_what_was_sent_and_else_the_default() {
    let field = FieldDef { default: "d".into(), ..FieldDef::new("x") };
    assert_eq!(field.text(&Fields::default()), "d");
    assert_eq!(field.text(&Fields::parse(b"param.x=")), "");
    assert_eq!(field.text(&Fields::parse(b"param.x=1")), "1");
}

proptest! {
    #[test]
    fn any_text_is_a_value_or_a_sentence(text in "\\PC*|[0-9.eE+-]{0,70}|[\\x00-\\x1f,a]{0,20}") {
        for kind in FieldKind::ALL {
            match field(kind).value(&text) {
                Ok(Value::Number(number)) => prop_assert!(number.parse::<f64>().is_ok(), "{number}"),
                Ok(_) => {}
                Err(message) => prop_assert!(message.len() < 300),
            }
        }
    }
}

#[test]
fn every_sample_is_of_its_type() {
    for kind in FieldKind::ALL {
        let text = shown(field(kind).sample());
        assert_eq!(field(kind).value(&text), Ok(field(kind).sample()));
    }
}

#[test]
fn a_definition_that_contradicts_itself_is_reported() {
    let mut errors = Errors::new();
    FieldDef { kind: FieldKind::Number, default: "many".into(), ..FieldDef::new("n") }.check(&mut errors);
    FieldDef { kind: FieldKind::Choice, ..FieldDef::new("c") }.check(&mut errors);
    FieldDef { label: "l".repeat(101), ..FieldDef::new("l") }.check(&mut errors);
    let named: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(named, ["field.n.default", "field.c.choices", "field.l.label"]);
}

//! Results of functions, casts and operators.

use super::*;
use crate::amcsql::bound::BinaryOp;
use crate::amcsql::functions::{Function, TimeUnit};

/// The text of a constant expression in a result file.
fn given(value: Expr) -> String {
    let mut hand = Hand::new();
    let id = hand.column(value.data_type.clone(), ColumnType::Dimension, Threshold::None);
    let input = Box::new(relation(Node::One));
    let root = relation(Node::Project { input, items: vec![Computed { id, expr: value }] });
    lines(Given::default(), &hand.query(root, &[id]), &day(false, Privacy::default())).join("\n")
}

fn call(function: Function, args: Vec<Expr>, data_type: DataType) -> Expr {
    expr(ExprKind::Call { function, args }, data_type)
}

fn cast(value: Expr, to: DataType) -> Expr {
    expr(ExprKind::Cast { expr: Box::new(value), explicit: true }, to)
}

fn binary(op: BinaryOp, left: Expr, right: Expr, data_type: DataType) -> Expr {
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, data_type)
}

fn timestamp(value: &str) -> Expr {
    cast(text(value), DataType::Timestamp)
}

fn array(items: Vec<Expr>) -> Expr {
    let element = items[0].data_type.clone();
    expr(ExprKind::Array(items), DataType::Array(Box::new(element)))
}

#[test]
fn text_functions_count_characters_from_one() {
    let texts = |function, args| given(call(function, args, DataType::String));
    assert_eq!(texts(Function::Concat, vec![text("a"), text("ü"), text("c")]), "aüc");
    assert_eq!(texts(Function::Left, vec![text("über"), long(2)]), "üb");
    assert_eq!(texts(Function::Right, vec![text("über"), long(3)]), "ber");
    assert_eq!(texts(Function::Substring, vec![text("abcdef"), long(2), long(3)]), "bcd");
    assert_eq!(texts(Function::Substring, vec![text("abcdef"), long(4)]), "def");
    assert_eq!(texts(Function::Trim, vec![text("xxaxx"), text("x")]), "a");
    assert_eq!(texts(Function::TrimStart, vec![text("  a ")]), "a ");
    assert_eq!(texts(Function::Replace, vec![text("a-b-c"), text("-"), text("+")]), "a+b+c");
    assert_eq!(texts(Function::Upper, vec![text("abc")]), "ABC");
    assert_eq!(texts(Function::RegexpReplace, vec![text("a1b22"), text("[0-9]+"), text("#")]), "a#b#");
    assert_eq!(texts(Function::RegexpSubstr, vec![text("a1b22"), text("[0-9]{2}")]), "22");
    assert_eq!(texts(Function::Md5, vec![text("a")]), "0cc175b9c0f1b6a831c399e269772661");
    assert_eq!(texts(Function::JsonExtract, vec![text("{\"a\":[1,2]}"), text("$.a[1]")]), "2");
    let longs = |function, args| given(call(function, args, DataType::Long));
    assert_eq!(longs(Function::Position, vec![text("r"), text("überr")]), "4");
    assert_eq!(longs(Function::Position, vec![text("r"), text("überr"), long(5)]), "5");
    assert_eq!(longs(Function::Position, vec![text("z"), text("über")]), "0");
    assert_eq!(longs(Function::Length, vec![text("über")]), "4");
}

#[test]
fn null_in_gives_null_out() {
    assert_eq!(given(call(Function::Concat, vec![text("a"), null(DataType::String)], DataType::String)), "");
    let greatest = |args| given(call(Function::Greatest, args, DataType::Long));
    assert_eq!(greatest(vec![long(1), long(3)]), "3");
    assert_eq!(greatest(vec![long(1), null(DataType::Long)]), "");
    assert_eq!(given(call(Function::Sqrt, vec![double(-1.0)], DataType::Double)), "");
}

#[test]
fn whole_numbers_divide_into_fractions() {
    let divided = |a, b| given(binary(BinaryOp::Divide, long(a), long(b), DataType::QUOTIENT));
    assert_eq!(
        (divided(1, 2), divided(1, 3), divided(1, 0)),
        ("0.500000".into(), "0.33333333333333333".into(), String::new())
    );
    let rounded = call(Function::Round, vec![double(5.55555), long(2)], DataType::Double);
    assert_eq!(given(rounded), "5.56");
    let product = binary(BinaryOp::Times, cast(text("1.5"), DataType::DECIMAL), long(3), DataType::DECIMAL);
    assert_eq!(given(product), "4.5000");
    assert_eq!(given(binary(BinaryOp::Modulo, long(5), long(0), DataType::Long)), "");
}

#[test]
fn times_are_utc_and_days_begin_on_sunday() {
    let time = || timestamp("2024-05-12T13:14:15.678Z");
    let longs = |function, args| given(call(function, args, DataType::Long));
    assert_eq!(longs(Function::Extract(TimeUnit::DayOfWeek), vec![time()]), "1");
    assert_eq!(longs(Function::Extract(TimeUnit::Hour), vec![time()]), "13");
    assert_eq!(longs(Function::SecondsBetween, vec![time(), timestamp("2024-05-12T13:15:15.678Z")]), "60");
    let truncated = call(Function::DateTrunc(TimeUnit::Month), vec![time()], DataType::Timestamp);
    assert_eq!(given(truncated), "2024-05-01T00:00:00.000Z");
    let moved = call(Function::ConvertTimeZoneFromUtc, vec![time(), text("America/New_York")], DataType::Timestamp);
    assert_eq!(given(moved), "2024-05-12T09:14:15.678Z");
    let epoch = call(Function::EpochToUtcTimestamp, vec![long(1_666_735_860)], DataType::Timestamp);
    assert_eq!(given(epoch), "2022-10-25T22:11:00.000Z");
    assert_eq!(given(cast(text("today"), DataType::Date)), "2024-05-02");
    assert_eq!(given(call(Function::CurrentTimestamp, vec![], DataType::Timestamp)), "2024-05-02T06:00:00.000Z");
}

#[test]
fn arrays_are_sets_with_an_order() {
    let abc = || array(vec![text("c"), text("a"), text("c")]);
    let kind = abc().data_type;
    let arrays = |function, args| given(call(function, args, kind.clone()));
    assert_eq!(arrays(Function::ArraySort, vec![abc()]), "\"[a, c, c]\"");
    assert_eq!(arrays(Function::ArrayDistinct, vec![abc()]), "\"[c, a]\"");
    assert_eq!(arrays(Function::ArrayUnion, vec![abc(), array(vec![text("b")])]), "\"[c, a, b]\"");
    assert_eq!(arrays(Function::ArrayIntersect, vec![abc(), array(vec![text("c")])]), "[c]");
    assert_eq!(arrays(Function::ArrayComplement, vec![abc(), array(vec![text("c")])]), "[a]");
    assert_eq!(arrays(Function::ArrayRemove, vec![abc(), text("c")]), "[a]");
    assert_eq!(given(call(Function::Cardinality, vec![abc()], DataType::Long)), "3");
    assert_eq!(given(call(Function::ArrayContains, vec![abc(), text("a")], DataType::Boolean)), "true");
    assert_eq!(given(call(Function::ArrayToString, vec![abc(), text("-")], DataType::String)), "c-a-c");
    let flat = call(Function::Flatten, vec![array(vec![abc(), abc()])], kind.clone());
    assert_eq!(given(flat), "\"[c, a, c, c, a, c]\"");
}

#[test]
fn rows_of_named_fields_print_as_their_values() {
    let fields = vec![("order".to_owned(), long(1)), ("campaign".to_owned(), text("x"))];
    let kind = DataType::Struct(vec![("order".to_owned(), DataType::Long), ("campaign".to_owned(), DataType::String)]);
    assert_eq!(given(array(vec![expr(ExprKind::NamedRow(fields), kind)])), "\"[[1, x]]\"");
}

#[test]
fn a_regular_expression_may_match_anywhere() {
    let similar = |value: &str, pattern: &str| {
        let (value, pattern) = (Box::new(text(value)), Box::new(text(pattern)));
        given(expr(ExprKind::SimilarTo { expr: value, pattern, negated: false }, DataType::Boolean))
    };
    assert_eq!((similar("Masala CHAI", "(?i)chai"), similar("My Kit", "^Kit")), ("true".into(), "false".into()));
}

#[test]
fn a_written_cast_of_unreadable_text_fails_the_run_with_the_text() {
    let mut hand = Hand::new();
    let id = hand.column(DataType::Long, ColumnType::Dimension, Threshold::None);
    let items = vec![Computed { id, expr: cast(text("twelve"), DataType::Long) }];
    let root = relation(Node::Project { input: Box::new(relation(Node::One)), items });
    let query = hand.query(root, &[id]);
    let error = run_with(Given::default(), Limits::default(), &query, &day(false, Privacy::default())).unwrap_err();
    assert!(error.to_string().contains("'twelve' as BIGINT"), "{error}");
}

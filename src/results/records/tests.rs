use super::*;

type Rows = Vec<Vec<Option<String>>>;

fn read(escapes: Escapes, text: &[u8], step: usize) -> Result<Rows, Fault> {
    let mut rows = Rows::new();
    let mut take = |record: Result<Record<'_>, Fault>| match record {
        Ok(record) => {
            rows.push(record.values().map(|value| value.map(str::to_owned)).collect());
            ControlFlow::Continue(())
        }
        Err(fault) => ControlFlow::Break(fault),
    };
    let mut records = Records::new(Rules { escapes, lone_returns: false }, 1_000);
    for chunk in text.chunks(step) {
        if let ControlFlow::Break(fault) = records.push(chunk, &mut take) {
            return Err(fault);
        }
    }
    match records.finish(&mut take) {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(rows),
    }
}

fn rows(rows: &[&[Option<&str>]]) -> Rows {
    rows.iter().map(|row| row.iter().map(|value| value.map(str::to_owned)).collect()).collect()
}

#[test]
fn quotes_are_escaped_by_doubling_or_by_a_backslash_wherever_chunks_break() {
    let text = b"a,\"b \"\"x\"\" \\\"y\\\" \\\\ \\n\",\r\n\"two\nlines\",\"\",c\"d";
    let expected =
        rows(&[&[Some("a"), Some("b \"x\" \"y\" \\ \\n"), None], &[Some("two\nlines"), Some(""), Some("c\"d")]]);
    for step in [1, 2, 3, 7, 100] {
        assert_eq!(read(Escapes::Both, text, step), Ok(expected.clone()), "{step}");
    }
}

#[test]
fn a_backslash_is_itself_where_quotes_are_only_doubled() {
    assert_eq!(read(Escapes::Doubled, b"\"a\\\",b\n", 9), Ok(rows(&[&[Some("a\\"), Some("b")]])));
}

#[test]
fn a_record_knows_the_lines_that_it_takes() {
    let lines = |text: &[u8], step: usize| {
        let mut found = Vec::new();
        let mut take = |record: Result<Record<'_>, Fault>| {
            found.push(record.unwrap().lines());
            ControlFlow::<()>::Continue(())
        };
        let mut records = Records::new(Rules { escapes: Escapes::Both, lone_returns: false }, 1_000);
        for chunk in text.chunks(step) {
            assert!(records.push(chunk, &mut take).is_continue());
        }
        assert!(records.finish(&mut take).is_continue());
        found
    };
    let owned = |lines: &[&str]| Some(lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    for step in [1, 3, 100] {
        let found = lines(b"1,\"\n2,x\n3,\"\r\na,\"b\"\nc\rd,e\n", step);
        assert_eq!(found, [owned(&["1,\"", "2,x", "3,\""]), None, owned(&["c", "d,e"])]);
    }
}

#[test]
fn a_line_alone_is_read_with_quotation_marks_that_are_letters() {
    let read = |line| values_of_line(line, Escapes::Both);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(read("1,\""), [some("1"), some("\"")]);
    assert_eq!(read("\"a, b\",,\"\""), [some("a, b"), None, some("")]);
    assert_eq!(read("\"a\\\"b\",15\""), [some("a\"b"), some("15\"")]);
    assert_eq!(read(""), [None]);
}

#[test]
fn carriage_returns_alone_end_lines_where_they_are_said_to() {
    let mut rows = 0;
    let mut records = Records::new(Rules { escapes: Escapes::Both, lone_returns: true }, 1_000);
    let mut take = |record: Result<Record<'_>, Fault>| {
        assert_eq!(record.unwrap().len(), 2);
        rows += 1;
        ControlFlow::<()>::Continue(())
    };
    assert!(records.push(b"a,b\r1,\"x\ry\"\r\n2,\"z\"\r3,4", &mut take).is_continue());
    assert!(records.finish(&mut take).is_continue());
    assert_eq!(rows, 4);
}

#[test]
fn what_is_no_csv_is_a_fault_and_never_a_shorter_table() {
    assert_eq!(read(Escapes::Both, b"a,\"b\nc", 9), Err(Fault::Unclosed));
    assert_eq!(read(Escapes::Both, b"\"a\"b\n", 9), Err(Fault::AfterQuote));
    assert_eq!(read(Escapes::Both, b"a,\xff\n", 9), Err(Fault::NotUtf8));
    assert_eq!(read(Escapes::Both, b"\xc3,\xa9\n", 9), Err(Fault::NotUtf8));
    assert_eq!(read(Escapes::Both, &[b'a'; 2_000], 9), Err(Fault::TooLong));
    assert_eq!(read(Escapes::Both, &[b','; 2_000], 2_000), Err(Fault::TooLong));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_alike_in_chunks_of_any_size(
        bytes in proptest::collection::vec(proptest::sample::select(b"a,\"\\\r\n\xc3\xa9".to_vec()), 0..80),
        step in 1_usize..20,
    ) {
        proptest::prop_assert_eq!(read(Escapes::Both, &bytes, step), read(Escapes::Both, &bytes, 1_000));
    }
}

//! Column summaries and grouping.

use super::*;

#[tokio::test]
async fn a_summary_tells_what_each_column_holds() {
    let place = place();
    let declared = [("name", "STRING"), ("n", "LONG"), ("cost", "DECIMAL(38,2)"), ("rate", "DOUBLE"), ("day", "DATE")];
    let body = b"name,n,cost,rate,day\nb,1,0.50,NaN,2025-01-01\na,3,,0.25,2025-01-11\nb,,2.25,0.75,\n";
    place.save(&declared, &[body]).await.unwrap();
    let summary = place.result_store.summary(&place.key, Vec::new()).await.unwrap();
    let actual: Vec<_> = summary
        .iter()
        .map(|column| (column.nulls, column.distinct.count, column.least.as_deref(), column.greatest.as_deref()))
        .collect();
    assert_eq!(
        actual,
        [
            (0, 2, Some("a"), Some("b")),
            (1, 2, Some("1"), Some("3")),
            (1, 2, Some("0.50"), Some("2.25")),
            (0, 3, Some("0.25"), Some("0.75")),
            (1, 2, Some("2025-01-01"), Some("2025-01-11")),
        ]
    );
    assert_eq!((summary[1].sum.as_deref(), summary[1].mean), (Some("4"), Some(2.0)));
    assert_eq!((summary[2].sum.as_deref(), summary[2].mean), (Some("2.75"), Some(1.375)));
    assert!(summary[0].bars.is_empty() && summary[4].mean.is_none());
    assert_eq!(summary[1].bars, [1, 0, 1], "whole numbers go by whole steps");
    assert_eq!(summary[4].bars, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "and so do days");
    assert_eq!(summary[2].bars.len(), BARS);
    assert_eq!(summary[3].bars.iter().sum::<u64>(), 2, "what is no number has no place on a line");

    let filter = vec![Filter { column: 0, op: Op::Equals, value: "b".to_owned() }];
    let summary = place.result_store.summary(&place.key, filter).await.unwrap();
    assert_eq!((summary[0].values, summary[1].nulls, summary[2].sum.as_deref()), (2, 1, Some("2.75")));
}

#[tokio::test]
async fn a_summary_of_no_rows_is_empty() {
    let place = place();
    place.save(&[("n", "LONG")], &[b"n\n"]).await.unwrap();
    let summary = place.result_store.summary(&place.key, Vec::new()).await.unwrap();
    assert_eq!((summary[0].values, summary[0].sum.as_deref(), summary[0].mean), (0, None, None));
}

#[tokio::test]
async fn rows_are_put_together_by_day_and_by_name() {
    let place = place();
    let declared = [("day", "DATE"), ("name", "STRING"), ("n", "LONG")];
    let body = b"day,name,n\n2025-01-02,a,1\n2025-01-01,b,2\n2025-01-02,a,3\n2025-01-02,,4\n,a,5\n2025-01-01,b,\n";
    place.save(&declared, &[body]).await.unwrap();
    let ask = |along, split, filters| GroupRequest { along, split, of: 2, fold: Fold::Sum, filters };
    let days = place.result_store.groups(&place.key, ask(0, Some(1), Vec::new())).await.unwrap();
    let instant = |day: i64| GroupKey::Instant(day * 86_400_000_000);
    let name = |name: &str| GroupKey::Name(name.to_owned());
    assert_eq!(days.groups.keys().cloned().collect::<Vec<_>>(), [instant(20_089), instant(20_090), GroupKey::Nothing]);
    assert_eq!(days.groups[&instant(20_090)].get(&name("a")), Some(&4.0));
    assert_eq!(days.groups[&instant(20_090)].get(&GroupKey::Nothing), Some(&4.0));
    assert_eq!((days.grain, days.most_rows), (Grain::Instant, 2));
    let only = vec![Filter { column: 0, op: Op::Equals, value: "2025-01-02".to_owned() }];
    let names = place.result_store.groups(&place.key, ask(1, None, only)).await.unwrap();
    assert_eq!(names.groups.len(), 2);
    assert_eq!(names.groups[&name("a")].get(&GroupKey::Nothing), Some(&4.0));
    let missing = place.result_store.groups(&place.key, ask(9, None, Vec::new())).await;
    assert!(matches!(missing, Err(Error::NoSuchColumn { column: 10 })));
}

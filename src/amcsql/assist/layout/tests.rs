use proptest::prelude::*;

use super::*;

fn pieces(text: &str) -> Vec<String> {
    tokens(text).iter().map(|token| token.text(text).trim_end().to_owned()).collect()
}

#[test]
fn clauses_columns_and_queries_get_lines_of_their_own() {
    let text = "with a as (select campaign, sum(total_cost)/100000 as cost, count(distinct user_id) as reach from dsp_impressions i \
            left join dsp_clicks c on i.user_id=c.user_id where campaign in ({{names}}) and i.impressions between 1 and 5 group by campaign) \
            select * from a where cost>-1";
    let expected = "with a as (
  select
    campaign,
    sum(total_cost) / 100000 as cost,
    count(distinct user_id) as reach
  from dsp_impressions i
  left join dsp_clicks c on i.user_id = c.user_id
  where campaign in ({{names}})
    and i.impressions between 1 and 5
  group by campaign
)
select *
from a
where cost > -1";
    assert_eq!(format(text), expected);
}

#[test]
fn comments_and_empty_lines_stay_where_they_are() {
    let text = "-- Reach\nSELECT a, -- first\n b /* second */, c\n\n-- all\nFROM t\n";
    let laid_out = format(text);
    assert_eq!(laid_out, "-- Reach\nSELECT\n  a, -- first\n  b /* second */,\n  c\n\n  -- all\nFROM t\n");
    assert_eq!(format(&laid_out), laid_out);
}

#[test]
fn a_long_case_is_broken_and_a_short_one_stays() {
    let short = "SELECT\n  CASE WHEN a THEN 1 ELSE 0 END AS x,\n  CASE\n    WHEN some_long_column = 'a long value' THEN 'another long value'\n    ELSE 'something else'\n  END AS y\nFROM t";
    assert_eq!(format(&short.replace('\n', " ")), short);
}

#[test]
fn what_is_open_stays_as_it_is() {
    for text in ["SELECT 'a", "/* x", "SELECT \"a\nFROM"] {
        assert_eq!(pieces(&format(text)), pieces(text));
    }
    assert_eq!(format(""), "");
}

proptest! {
    #[test]
    fn laying_out_changes_blanks_only(text in "(SELECT|FROM|WITH a AS|CASE|WHEN|END|AND|BETWEEN|JOIN|LEFT|ON|UNION| |\n|,|\\(|\\)|'x'|\"y\"|-|\\+|--c\n|/\\*d\\*/|\\.|5|a1|\\{\\{p\\}\\}|<|=|;|\\*|:){0,60}") {
        let laid_out = format(&text);
        prop_assert_eq!(pieces(&laid_out), pieces(&text));
    }
}

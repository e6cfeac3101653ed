//! The texts of messages about deliveries.

use super::short;
use crate::notices::model::{Detail, Draft, Fact, Kind};
use crate::notices::store::{FailingRule, ManualDelivery};

/// The prefix of causes for rules that fail to deliver.
pub(in crate::notices) const DELIVERY_FAILING: &str = "delivery-failing:";

fn about_rule(rule: &FailingRule) -> Vec<(String, String)> {
    let delivery = rule.delivery.iter().map(|id| ("delivery".to_owned(), id.clone()));
    let schedule = [("schedule".to_owned(), rule.about.id.to_string()), ("rule".to_owned(), rule.rule.clone())];
    schedule.into_iter().chain(delivery).collect()
}

fn failed_title(name: &str, destination: &str) -> String {
    format!("{}: delivery to {} failed", short(name), short(destination))
}

/// The reason, if there is one, and what happens next.
fn failed_lines(reason: &str, next: &str) -> Vec<String> {
    [reason, next].into_iter().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn failed_facts(destination: &str, instance_name: &str) -> Vec<Fact> {
    vec![Fact::new("Destination", short(destination)), Fact::new("Instance", short(instance_name))]
}

/// A rule fails to deliver results.
pub(in crate::notices) fn delivery_failed(rule: &FailingRule) -> Draft {
    Draft {
        kind: Kind::DeliveryFailed,
        cause: format!("{DELIVERY_FAILING}{}", rule.rule),
        title: failed_title(&rule.about.name, &rule.destination),
        detail: Detail {
            lines: failed_lines(&rule.reason, "You'll get another message when it delivers again."),
            facts: failed_facts(&rule.destination, &rule.about.instance_name),
            fix: "Fix the cause, then select Retry now on the delivery. The result itself is stored.".to_owned(),
            about: about_rule(rule),
        },
        href: rule.delivery.as_ref().map_or_else(
            || format!("/schedules/{}/deliveries", rule.about.id),
            |delivery| format!("/deliveries/{delivery}"),
        ),
        instance: Some(rule.about.instance.clone()),
    }
}

/// A rule delivers again.
pub(in crate::notices) fn delivery_recovered(rule: &FailingRule) -> Draft {
    Draft {
        kind: Kind::DeliveryRecovered,
        cause: format!("{DELIVERY_FAILING}{}:over", rule.rule),
        title: format!("{}: delivery to {} works again", short(&rule.about.name), short(&rule.destination)),
        detail: Detail {
            lines: vec![
                "A result was delivered. Earlier ones that failed can be retried in the list of deliveries.".to_owned(),
            ],
            facts: vec![Fact::new("Instance", short(&rule.about.instance_name))],
            about: about_rule(rule),
            ..Detail::default()
        },
        href: format!("/schedules/{}/deliveries", rule.about.id),
        instance: Some(rule.about.instance.clone()),
    }
}

/// The prefix of causes for deliveries that somebody asked for and that were given up.
pub(in crate::notices) const DELIVERY_GIVEN_UP: &str = "delivery-given-up:";

fn about_delivery(delivery: &ManualDelivery) -> Vec<(String, String)> {
    vec![
        ("delivery".to_owned(), delivery.id.clone()),
        ("execution".to_owned(), delivery.execution.clone()),
        ("instance".to_owned(), delivery.instance.to_string()),
    ]
}

/// A delivery that somebody asked for was given up.
pub(in crate::notices) fn delivery_given_up(delivery: &ManualDelivery) -> Draft {
    Draft {
        kind: Kind::DeliveryFailed,
        cause: format!("{DELIVERY_GIVEN_UP}{}", delivery.id),
        title: failed_title(&delivery.query_name, &delivery.destination),
        detail: Detail {
            lines: failed_lines(
                &delivery.reason,
                "You requested this delivery. It isn't retried automatically any more.",
            ),
            facts: failed_facts(&delivery.destination, &delivery.instance_name),
            fix: "Fix the cause, then select Retry now on the delivery.".to_owned(),
            about: about_delivery(delivery),
        },
        href: format!("/deliveries/{}", delivery.id),
        instance: Some(delivery.instance.clone()),
    }
}

/// A delivery that somebody asked for arrived after it had been given up.
pub(in crate::notices) fn delivery_arrived(delivery: &ManualDelivery) -> Draft {
    Draft {
        kind: Kind::DeliveryRecovered,
        cause: format!("{DELIVERY_GIVEN_UP}{}:over", delivery.id),
        title: format!("{}: delivered to {}", short(&delivery.query_name), short(&delivery.destination)),
        detail: Detail {
            lines: vec!["The delivery that had failed was retried and has arrived.".to_owned()],
            facts: vec![Fact::new("Instance", short(&delivery.instance_name))],
            about: about_delivery(delivery),
            ..Detail::default()
        },
        href: format!("/deliveries/{}", delivery.id),
        instance: Some(delivery.instance.clone()),
    }
}

//! A person's notification settings for one schedule.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::ids::ScheduleId;
use crate::notices::Notices;
use crate::notices::store::{self, Followed};
use crate::notices::subscription::{Subscription, SubscriptionForm};
use crate::web::components::Errors;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

#[derive(Template)]
#[template(path = "notices/subscription.html")]
pub(super) struct Page {
    shell: Shell,
    schedule: Followed,
    form: SubscriptionForm,
    errors: Errors,
}

fn own(id: &str) -> web::Result<ScheduleId> {
    id.parse().map_err(|_| web::Error::Missing)
}

async fn page(visit: &Visit, schedule: Followed, form: SubscriptionForm, errors: Errors) -> Page {
    Page { shell: visit.shell("Notices about this schedule", Section::Schedules).await, schedule, form, errors }
}

pub(super) async fn show(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<Page>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = store::followed(&mut tx, &person.id, &own(&id)?).await?;
    let stored = store::subscription(&mut tx, &person.id, &schedule.id).await?;
    let at_large = store::preferences(&mut tx, &person.id).await?;
    drop(tx);
    let usual = || {
        if schedule.is_owner {
            Subscription::usual(at_large.results, at_large.failures)
        } else {
            Subscription::nothing()
        }
    };
    let form = SubscriptionForm::from(stored.unwrap_or_else(usual));
    Ok(Html(page(&visit, schedule, form, Errors::new()).await))
}

pub(super) async fn save(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let schedule = store::followed(&mut tx, &person.id, &own(&id)?).await?;
    let (form, errors) = SubscriptionForm::read(&fields);
    if !errors.is_empty() {
        drop(tx);
        return Ok(Html(page(&visit, schedule, form, errors).await).unprocessable());
    }
    store::subscribe(&mut tx, &person.id, &schedule.id, &form.is).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Notice settings for this schedule were saved.").await;
    Ok(Redirect::to(&format!("/schedules/{}", schedule.id)).into_response())
}

//! Columns about videos: how far they were watched, and viewer interactions.

use super::super::cells::Value;
use super::super::chance::unit;
use super::super::events::Contact;
use super::super::plan::Channel;
use super::{Cell, Row, cell};

/// How far a video was watched, 0 to 1; `None` if it isn't a video.
fn watched(row: &Row<'_>) -> Option<f32> {
    row.creative().and_then(|creative| creative.seconds)?;
    let contact = row.contact?;
    let point = unit(row.moment_hash(contact.at), 9);
    let patient = match row.line()?.channel {
        Channel::Television => 0.94,
        Channel::Audio => 0.9,
        _ => 0.42,
    };
    Some(if point < patient { 1.0 } else { (1.0 - point) / (1.0 - patient) })
}

/// The column with that name, if it is about video.
pub(super) fn column(name: &str) -> Option<Cell> {
    let reached = |share: f32| {
        cell(move |row| Value::Whole(i64::from(!clicked_ad(row) && watched(row).is_some_and(|it| it >= share))))
    };
    let rare = |salt: u64, share: f32| {
        cell(move |row| Value::Whole(i64::from(watched(row).is_some() && unit(row.contact_hash(), salt) < share)))
    };
    match name {
        "video_impression" | "video_start" => reached(0.0),
        "video_first_quartile" | "video_first_quartile_views" | "five_sec_views" => reached(0.25),
        "video_midpoint" | "video_midpoint_views" => reached(0.5),
        "video_third_quartile" | "video_third_quartile_views" => reached(0.75),
        "video_complete" | "video_complete_views" => reached(1.0),
        "video_click" => cell(|row| Value::Whole(i64::from(row.contact.is_some_and(Contact::clicked)))),
        "video_mute" => rare(20, 0.02),
        "video_unmute" | "video_unmutes" => rare(21, 0.015),
        "video_pause" => rare(22, 0.02),
        "video_resume" => rare(22, 0.015),
        "video_replay" => rare(23, 0.004),
        "video_skip_forward" => rare(24, 0.003),
        "video_skip_backward" => rare(25, 0.003),
        "video_creative_view" => rare(26, 0.05),
        _ => None,
    }
}

/// A sponsored click is its own row and has no view.
fn clicked_ad(row: &Row<'_>) -> bool {
    !row.is_dsp() && row.contact.is_some_and(Contact::clicked)
}

//! Checks the bucket for results.

use super::Finding;
use crate::config::Config;

/// Checks whether the bucket is usable by writing and deleting a small object.
pub(super) async fn examine(config: &Config) -> Option<Finding> {
    const CHECK: &str = "bucket";
    let bucket = config.results_bucket.as_ref()?;
    Some(match bucket.probe().await {
        Ok(()) => Finding::ok(CHECK, format!("Results are stored in the bucket {}, which takes changes.", bucket.name)),
        Err(error) => Finding::fault(
            CHECK,
            format!("Results can't be stored: {error}."),
            "Check RECOMAMP_RESULTS_BUCKET, RECOMAMP_S3_ENDPOINT, RECOMAMP_S3_REGION, and whether the access key may \
             write and delete objects. Executions wait for their results until it works.",
        ),
    })
}

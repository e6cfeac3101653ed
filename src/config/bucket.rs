//! The settings of the bucket for results.

use super::reader::Reader;
use crate::bucket::{self, Bucket};
use crate::vault::Secret;

pub(super) fn results_bucket(reader: &mut Reader<'_>) -> Option<Bucket> {
    const ADDRESS: &str = "RESULTS_BUCKET";
    let endpoint = reader.url("S3_ENDPOINT", "https://s3.example.com");
    let region = reader.text("S3_REGION").unwrap_or_else(|| "us-east-1".to_owned());
    let id = reader.text("S3_ACCESS_KEY_ID");
    let secret = reader.text("S3_SECRET_ACCESS_KEY").map(Secret::new);
    for (given, other, missing) in [
        (id.is_some(), "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
        (secret.is_some(), "S3_SECRET_ACCESS_KEY", "S3_ACCESS_KEY_ID"),
    ] {
        if given && !reader.is_given(missing) {
            reader.fault(missing, &format!("is missing although {other} is set"), "as the service shows it");
        }
    }
    let Some(address) = reader.text(ADDRESS) else {
        if endpoint.is_some() || id.is_some() || secret.is_some() {
            reader.fault(ADDRESS, "is missing although other settings of the bucket are set", "s3://results/recomamp");
        }
        return None;
    };
    let (name, prefix) =
        bucket::parse(&address).map_err(|what| reader.fault(ADDRESS, what, "s3://results/recomamp")).ok()?;
    Some(Bucket { name, prefix, endpoint, region, key: id.zip(secret) })
}

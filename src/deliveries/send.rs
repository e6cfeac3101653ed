//! Delivers one result, once: reads it from the store and writes it where it belongs.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use tokio::io::AsyncWriteExt as _;

use super::model::{Format, Mode, Place, Subject, Target, bucket_of, warehouse_of, write_mode};
use super::{Deliveries, folder, pattern};
use crate::bucket::explain;
use crate::ids::ResultDeliveryId;
use crate::results::{self, CsvForm, Key, Kind, Separator, StoredColumn};
use crate::vault::Secret;
use crate::warehouse::{self, Column, ColumnType, Source, Table};

/// Longest part of another program's message, in characters.
const EXCERPT: usize = 300;

/// Why a result wasn't delivered, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may work later.
    Retry(String),
    /// Somebody has to change something first.
    GiveUp(String),
}

impl Failure {
    pub(super) fn sentence(&self) -> &str {
        match self {
            Self::Retry(sentence) | Self::GiveUp(sentence) => sentence,
        }
    }
}

impl From<warehouse::Error> for Failure {
    fn from(error: warehouse::Error) -> Self {
        match error {
            warehouse::Error::Passing(sentence) => Self::Retry(sentence),
            warehouse::Error::Lasting(sentence) => Self::GiveUp(sentence),
        }
    }
}

/// What is delivered, and where to.
pub(super) struct Order<'a> {
    pub id: &'a ResultDeliveryId,
    pub target: &'a Target,
    pub subject: &'a Subject,
    pub place: &'a Place,
    pub secret: Option<Secret>,
}

/// What was delivered.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The name of the file or object, or the table.
    pub object: String,
    pub rows: u64,
    pub bytes: u64,
}

type Parts = BoxStream<'static, Result<Bytes, Failure>>;

fn unreadable(error: &results::Error) -> Failure {
    match error {
        results::Error::Store(_) | results::Error::Full => Failure::Retry(error.to_string()),
        _ => Failure::GiveUp(error.to_string()),
    }
}

/// The beginning of a message, in one line.
pub(super) fn excerpt(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_end_matches('.').chars().take(EXCERPT).collect()
}

fn column(kept: &StoredColumn) -> Column {
    let kind = match kept.kind {
        Kind::Text => ColumnType::Text,
        Kind::Integer => ColumnType::Integer,
        Kind::Decimal { scale, .. } => ColumnType::Decimal(scale.max(0).unsigned_abs()),
        Kind::Double => ColumnType::Double,
        Kind::Boolean => ColumnType::Boolean,
        Kind::Date => ColumnType::Date,
        Kind::Timestamp { zoned: true, .. } => ColumnType::Instant,
        Kind::Timestamp { .. } => ColumnType::Timestamp,
    };
    Column::new(&kept.name, kind)
}

impl Deliveries {
    /// Delivers a result.
    pub(super) async fn send(&self, order: &Order<'_>) -> Result<Sent, Failure> {
        if !order.subject.has_result {
            return Err(Failure::GiveUp(
                "The result is no longer stored. Fetch it again on the execution's page, then deliver it again."
                    .to_owned(),
            ));
        }
        let key = Key::from(&order.subject.execution);
        let (columns, rows) = self.executions.results().columns(&key).await.map_err(|error| unreadable(&error))?;
        match order.target {
            Target::File { format, pattern } => {
                let name = pattern::fill(pattern, order.subject, *format).map_err(Failure::GiveUp)?;
                let bytes = self.send_file(order, &key, (*format, &name)).await?;
                Ok(Sent { object: name, rows, bytes })
            }
            Target::Table { table, mode, keys, add_columns } => {
                let columns = columns.iter().map(column).collect();
                let named = (table.as_str(), write_mode(*mode, keys), *add_columns);
                self.send_table(order, &key, named, (columns, rows)).await
            }
        }
    }

    async fn parts(&self, key: &Key, format: Format) -> Result<Parts, Failure> {
        let store = self.executions.results();
        let download = match format {
            Format::Csv => store.export_csv(key, &[], CsvForm::Plain(Separator::Comma)).await,
            Format::Parquet => store.export_parquet(key, &[]).await.map(|(download, _)| download),
        };
        let download = download.map_err(|error| unreadable(&error))?;
        Ok(download.map_err(|error| unreadable(&error)).boxed())
    }

    async fn send_file(&self, order: &Order<'_>, key: &Key, (format, name): (Format, &str)) -> Result<u64, Failure> {
        match order.place {
            Place::Folder { path } => {
                let Some(root) = &self.site.config.deliveries_dir else {
                    return Err(Failure::Retry(NO_FOLDER.to_owned()));
                };
                let path = format!("{}/{name}", path.trim_matches('/'));
                let parts = self.parts(key, format).await?;
                folder::write(root, path.trim_start_matches('/'), order.id.as_str(), parts).await
            }
            place @ Place::Bucket { bucket, .. } => {
                let opened = bucket_of(place, order.secret.clone()).map(|bucket| bucket.open());
                let Some(Ok(store)) = opened else {
                    return Err(Failure::GiveUp("The settings of the bucket can't be used. Check them.".to_owned()));
                };
                let parts = self.parts(key, format).await?;
                put(store, bucket, name, parts).await
            }
            Place::Postgres { .. } => Err(unfit()),
        }
    }

    async fn send_table(
        &self,
        order: &Order<'_>,
        key: &Key,
        (name, mode, may_add): (&str, warehouse::WriteMode, bool),
        (columns, count): (Vec<Column>, u64),
    ) -> Result<Sent, Failure> {
        let Some((warehouse, schema)) = warehouse_of(order.place, order.secret.clone()) else { return Err(unfit()) };
        let table = Table { schema: schema.to_owned(), name: name.to_owned(), columns, mode, may_add };
        let parts = self.parts(key, Format::Csv).await?;
        let source = Source {
            execution: order.subject.execution.to_string(),
            window: order.subject.window.instants(),
            count,
            rows: parts.map_err(|failure| failure.sentence().to_owned()).boxed(),
        };
        let bytes = warehouse.write(&table, source).await?;
        Ok(Sent { object: format!("{schema}.{name}"), rows: count, bytes })
    }
}

/// What is said where no folder is set.
pub(super) const NO_FOLDER: &str = "RECOMAMP_DELIVERIES_DIR isn't set, so nothing can be written to folders. Ask your \
    RecomAMP administrator to set it.";

fn unfit() -> Failure {
    Failure::GiveUp("The destination takes something else than the rule delivers. Change the rule.".to_owned())
}

async fn put(store: Arc<dyn ObjectStore>, bucket: &str, name: &str, mut parts: Parts) -> Result<u64, Failure> {
    let path = Path::parse(name).map_err(|_| Failure::GiveUp(format!("{name} can't be the name of an object.")))?;
    let told = |error: std::io::Error| {
        let why = explain(bucket, &error.to_string());
        Failure::Retry(format!("The bucket {bucket} can't be written: {}.", excerpt(&why)))
    };
    let mut writer = BufWriter::new(store, path);
    let mut size = 0;
    while let Some(part) = parts.next().await {
        match part {
            Ok(part) => {
                size += part.len() as u64;
                writer.write_all(&part).await.map_err(told)?;
            }
            Err(failure) => {
                // OK to ignore: nothing has the object's name yet, and the bucket's own rules remove its parts.
                let _ = writer.abort().await;
                return Err(failure);
            }
        }
    }
    writer.shutdown().await.map_err(told)?;
    Ok(size)
}

/// The window columns need a window.
pub(super) const fn needs_window(target: &Target) -> bool {
    matches!(target, Target::Table { mode: Mode::Replace, .. })
}

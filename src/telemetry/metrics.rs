//! Metrics of this process, in Prometheus format.
//!
//! Frequent events (responses) are counted as they happen; values known elsewhere (workers, calls to Amazon,
//! unfinished executions) are collected on each scrape. Labels are names from the code, never ids or user input, so
//! their number is limited.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::{MetricType, TypedMetric as _};
use prometheus_client::registry::{Registry, Unit};

use super::usage::Usage;

/// The content type of [`Metrics::render`] (`OpenMetrics` 1.0).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Bucket limits of the response time histogram, in seconds.
const BOUNDS: [f64; 9] = [0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answer {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// The metrics; cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    answers: Family<Answer, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    usage: Usage,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("recomamp");
        let answers = Family::<Answer, Counter>::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BOUNDS)) as fn() -> Histogram);
        registry.register("http_answers", "Answers to requests", answers.clone());
        registry.register_with_unit(
            "http_answer",
            "Time from a request's head to its answer's head",
            Unit::Seconds,
            seconds.clone(),
        );
        Self(Arc::new(Inner { registry, answers, seconds, usage: Usage::default() }))
    }
}

/// A metric whose value is known elsewhere: a name, a help text, and a value for each set of labels.
#[derive(Clone, Debug)]
pub struct Known {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    values: Vec<(Vec<(&'static str, String)>, u64)>,
}

impl Known {
    /// A metric that only grows while the process runs.
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: ConstCounter::<u64>::TYPE, values: Vec::new() }
    }

    /// A metric that goes up and down.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: ConstGauge::<u64>::TYPE, values: Vec::new() }
    }

    pub fn add(&mut self, labels: Vec<(&'static str, String)>, value: u64) {
        self.values.push((labels, value));
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = encoder.encode_descriptor(self.name, self.help, None, self.kind)?;
        for (labels, value) in &self.values {
            let encoder = family.encode_family(labels)?;
            match self.kind {
                MetricType::Counter => ConstCounter::new(*value).encode(encoder)?,
                _ => ConstGauge::new(*value).encode(encoder)?,
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Collected(Vec<Known>);

impl prometheus_client::collector::Collector for Collected {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|known| known.encode(&mut encoder))
    }
}

impl Metrics {
    /// Records a response. `route` is the pattern of the route, `status` the HTTP status.
    fn note(&self, route: &str, method: &str, status: u16, took: Duration) {
        let answer = Answer { route: route.to_owned(), method: method.to_owned(), status };
        self.0.answers.get_or_create(&answer).inc();
        self.0.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
        self.0.usage.note(&format!("{method} {route}"), status, took);
    }

    /// The counts for the usage page.
    pub fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// All metrics as text of type [`CONTENT_TYPE`], including the `known` ones.
    pub fn render(&self, known: Vec<Known>) -> Result<String, fmt::Error> {
        let mut others = Registry::with_prefix("recomamp");
        others.register_collector(Box::new(Collected(known)));
        let mut page = String::new();
        text::encode_registry(&mut page, &self.0.registry)?;
        text::encode_registry(&mut page, &others)?;
        text::encode_eof(&mut page)?;
        Ok(page)
    }
}

/// Counts responses by the route's pattern; requests that match no route count as `none`.
pub async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    // OK to list only a few methods: a client can make up any.
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    metrics.note(&route, &method, response.status().as_u16(), began.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_their_kind_and_labels() {
        let metrics = Metrics::default();
        metrics.note("/executions/{id}", "GET", 200, Duration::from_millis(3));
        metrics.note("/executions/{id}", "GET", 200, Duration::from_millis(3));
        let mut ticks = Known::counter("worker_ticks", "Ticks");
        ticks.add(vec![("worker", "poller".to_owned())], 7);
        let mut waiting = Known::gauge("executions", "Unfinished");
        waiting.add(vec![("state", "waiting".to_owned())], 2);
        let page = metrics.render(vec![ticks, waiting]).unwrap();
        for line in [
            "# TYPE recomamp_http_answers counter",
            r#"recomamp_http_answers_total{route="/executions/{id}",method="GET",status="200"} 2"#,
            r#"recomamp_http_answer_seconds_bucket{le="0.005",route="/executions/{id}"} 2"#,
            r#"recomamp_worker_ticks_total{worker="poller"} 7"#,
            "# TYPE recomamp_executions gauge",
            r#"recomamp_executions{state="waiting"} 2"#,
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        assert!(page.ends_with("# EOF\n"));
    }
}

//! Benchmarks that call the program from outside, over several connections, on the same machine.
//!
//! `cargo bench --bench outside -- contract` measures the AMC emulator, `-- pages` what browsers request, `-- result`
//! a result with a million rows, `-- poller` the cost of polling many executions, `-- editor` what an editor asks for,
//! `-- schedules` the scheduler and its list. Ratios compare measurements of the
//! same run.

mod bare;
mod caller;
mod contract;
mod editor;
mod grow;
mod load;
mod pages;
mod poller;
mod result;
#[path = "../../tests/it/house/routes.rs"]
mod routes;
mod schedules;
mod site;
mod walk;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
    /// Added by cargo.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum What {
    /// The AMC emulator: lists without a query, and many concurrent executions.
    Contract,
    /// Every page, lists of executions, the poll of a live page, startup and memory.
    Pages {
        /// The number of executions; of other things as many, up to ten thousand.
        #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
        rows: Vec<u64>,
        /// Only the walk over every page.
        #[arg(long)]
        walk: bool,
    },
    /// A large result: downloaded, shown, sorted, filtered, exported.
    Result {
        /// The AMC emulator's amount of data; a little more than 1 gives a million rows.
        #[arg(long, default_value_t = 1.1)]
        scale: f64,
    },
    /// Many executions on many instances: the cost of polling them.
    Poller {
        #[arg(long, default_value_t = 50)]
        instances: usize,
        #[arg(long, default_value_t = 20)]
        runs_on_each: usize,
    },
    /// Many schedules: ticks of the scheduler, and their list.
    Schedules {
        /// How many schedules there are.
        #[arg(long, value_delimiter = ',', default_value = "1000,100000")]
        schedules: Vec<u64>,
        /// How many past slots they have together.
        #[arg(long, default_value_t = 1_000_000)]
        slots: u64,
    },
    /// What an editor asks for, *Try*, and the memory of many catalogs.
    Editor {
        #[arg(long, default_value_t = 200)]
        catalogues: usize,
    },
    /// A server that responds with a file, for comparison.
    #[command(hide = true)]
    Bare {
        /// The file to serve.
        file: std::path::PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Args::parse().what {
        What::Contract => contract::run().await,
        What::Pages { rows, walk } => pages::run(&rows, walk).await,
        What::Result { scale } => result::run(scale).await,
        What::Poller { instances, runs_on_each } => poller::run(instances, runs_on_each).await,
        What::Schedules { schedules, slots } => schedules::run(&schedules, slots).await,
        What::Editor { catalogues } => editor::run(catalogues).await,
        What::Bare { file } => bare::serve(&file).await,
    }
}

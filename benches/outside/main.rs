//! The program called from outside, by several connections at once, on the same machine.
//!
//! `cargo bench --bench outside -- contract` measures the AMC emulator by itself, `-- pages` what people's
//! browsers ask for, `-- result` a result of a million rows, `-- poller` what it costs to ask after many runs. Ratios are of things measured in one run.

mod bare;
mod caller;
mod contract;
mod grow;
mod load;
mod pages;
mod poller;
mod result;
#[path = "../../tests/it/house/routes.rs"]
mod routes;
mod site;
mod walk;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
    /// What cargo adds.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum What {
    /// The AMC emulator: lists without a query, and many executions at once.
    Contract,
    /// Every address that can be looked at, lists of executions, the poll of a live page, start and memory.
    Pages {
        /// How many executions there are; of other things as many, up to ten thousand.
        #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
        rows: Vec<u64>,
        /// Only the walk over every address.
        #[arg(long)]
        walk: bool,
    },
    /// A large result: fetched, shown, sorted, filtered, exported.
    Result {
        /// How much data the AMC emulator has; a little more than 1 gives a million rows.
        #[arg(long, default_value_t = 1.1)]
        scale: f64,
    },
    /// Many runs on many instances: what asking after them costs.
    Poller {
        #[arg(long, default_value_t = 50)]
        instances: usize,
        #[arg(long, default_value_t = 20)]
        runs_on_each: usize,
    },
    /// A server that answers with a file, to compare with.
    #[command(hide = true)]
    Bare {
        /// Where the bytes are.
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
        What::Bare { file } => bare::serve(&file).await,
    }
}

//! Where DSP ads run: sites, apps, streaming services, private deals. All outlets except Amazon's own are invented.

use super::super::people::Device;

/// A kind of inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Channel {
    Television,
    /// Video on sites and in apps.
    Video,
    /// Banners and shoppable display.
    Display,
    Audio,
}

/// A place where ads run.
#[derive(Debug)]
pub(in super::super) struct Outlet {
    pub(in super::super) site: &'static str,
    pub(in super::super) supply: &'static str,
    pub(in super::super) publisher: &'static str,
    pub(in super::super) amazon: bool,
    pub(in super::super) bundle: Option<&'static str>,
    pub(in super::super) weight: f32,
}

const fn web(site: &'static str, supply: &'static str, publisher: &'static str, weight: f32) -> Outlet {
    Outlet { site, supply, publisher, amazon: false, bundle: None, weight }
}

const fn app(site: &'static str, supply: &'static str, bundle: &'static str, weight: f32) -> Outlet {
    Outlet { site, supply, publisher: site, amazon: false, bundle: Some(bundle), weight }
}

const fn own(site: &'static str, supply: &'static str, bundle: Option<&'static str>, weight: f32) -> Outlet {
    Outlet { site, supply, publisher: "Amazon", amazon: true, bundle, weight }
}

const TELEVISION: [Outlet; 6] = [
    own("Prime Video", "Prime Video ads", Some("com.amazon.avod"), 42.0),
    own("Fire TV Channels", "Fire TV", Some("com.amazon.ftv.channels"), 14.0),
    own("Twitch", "Twitch", Some("tv.twitch.android.app"), 10.0),
    app("Hollowtree TV", "Openreel STV Exchange", "tv.hollowtree.app", 14.0),
    app("Sundial Stream", "Openreel STV Exchange", "com.sundialstream.tv", 12.0),
    app("Campfire Sports", "Lumenpath SSP", "com.campfiresports.tv", 8.0),
];
const VIDEO: [Outlet; 5] = [
    own("Amazon.com", "AMAZON.COM", None, 30.0),
    own("IMDb", "IMDb", Some("com.imdb.mobile"), 15.0),
    web("dailyharbor.example", "Lumenpath SSP", "Daily Harbor", 22.0),
    web("cookpocket.example", "Brightloom Exchange", "Cook Pocket", 20.0),
    app("Weatherfold", "Brightloom Exchange", "com.weatherfold", 13.0),
];
const DISPLAY: [Outlet; 9] = [
    own("Amazon.com", "AMAZON.COM", None, 34.0),
    own("Amazon Shopping App", "AMAZON.COM", Some("com.amazon.mobile.shopping"), 18.0),
    own("IMDb", "IMDb", None, 6.0),
    web("dailyharbor.example", "Lumenpath SSP", "Daily Harbor", 10.0),
    web("cookpocket.example", "Brightloom Exchange", "Cook Pocket", 9.0),
    web("trailnotes.example", "Brightloom Exchange", "Trail Notes", 7.0),
    web("quietledger.example", "Lumenpath SSP", "Quiet Ledger", 6.0),
    app("Weatherfold", "Brightloom Exchange", "com.weatherfold", 6.0),
    app("Puzzle Orchard", "Lumenpath SSP", "games.puzzleorchard", 4.0),
];
const AUDIO: [Outlet; 3] = [
    own("Amazon Music", "Amazon Music", Some("com.amazon.mp3"), 60.0),
    app("Tunewell", "Openreel Audio", "fm.tunewell", 25.0),
    app("Porchcast", "Openreel Audio", "com.porchcast", 15.0),
];

impl Channel {
    fn outlets(self) -> &'static [Outlet] {
        match self {
            Self::Television => &TELEVISION,
            Self::Video => &VIDEO,
            Self::Display => &DISPLAY,
            Self::Audio => &AUDIO,
        }
    }

    /// The outlet at `point` in `0..1`.
    pub(in super::super) fn outlet(self, point: f32) -> &'static Outlet {
        let outlets = self.outlets();
        let mut rest = point * outlets.iter().map(|outlet| outlet.weight).sum::<f32>();
        for outlet in outlets {
            if rest < outlet.weight {
                return outlet;
            }
            rest -= outlet.weight;
        }
        &outlets[0]
    }

    /// The channel's device at `point` in `0..1`.
    pub(in super::super) fn device(self, point: f32) -> Device {
        let shares = match self {
            Self::Television => [0.06, 0.04, 0.86],
            Self::Video => [0.52, 0.36, 0.02],
            Self::Display => [0.55, 0.36, 0.0],
            Self::Audio => [0.66, 0.12, 0.14],
        };
        let kinds = [Device::Phone, Device::Computer, Device::Television];
        let mut rest = point;
        for (share, kind) in shares.into_iter().zip(kinds) {
            if rest < share {
                return kind;
            }
            rest -= share;
        }
        Device::Tablet
    }
}

/// A private deal with an outlet.
#[derive(Debug, Clone)]
pub(in super::super) struct Deal {
    pub(in super::super) id: String,
    pub(in super::super) name: String,
}

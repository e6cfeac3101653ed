//! The name and color of an installation, so that people notice which one they use: staging, production.

use super::reader::Reader;
use crate::web::naming;

/// Maximum length of the name, in characters: the header has no more room.
const NAME: usize = 24;

/// What is shown in the header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// Empty for none.
    pub name: String,
    pub color: InstallationColor,
}

/// The background of the name. All have white text with a contrast above 4.5, in the light and in the dark theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstallationColor {
    #[default]
    Gray,
    Blue,
    Green,
    Orange,
    Red,
    Purple,
}

impl InstallationColor {
    const ALL: [Self; 6] = [Self::Gray, Self::Blue, Self::Green, Self::Orange, Self::Red, Self::Purple];

    /// The name in the setting and in the style sheet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Red => "red",
            Self::Purple => "purple",
        }
    }
}

pub(super) fn settings(reader: &mut Reader<'_>) -> Installation {
    let name = reader.text("INSTALLATION_NAME").unwrap_or_default().trim().to_owned();
    if naming::fault(&name, NAME).is_some() {
        reader.fault("INSTALLATION_NAME", "has to be visible text of at most 24 characters", "Staging");
    }
    let color = reader.text("INSTALLATION_COLOR").map(|text| {
        let known = InstallationColor::ALL.into_iter().find(|color| color.name() == text);
        if known.is_none() {
            let what = "has to be gray, blue, green, orange, red or purple";
            reader.fault("INSTALLATION_COLOR", what, "orange");
        }
        known.unwrap_or_default()
    });
    Installation { name, color: color.unwrap_or_default() }
}

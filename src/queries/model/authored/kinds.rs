//! Classifications by authors of queries and guides: difficulty, ad products, and the role of a query in a guide.

use crate::queries::model::front_matter::{Entry, Fault};

/// Ad products for finding guides and templates, as authors write them and their labels.
pub const PRODUCTS: [(&str, &str); 10] = [
    ("dsp", "Amazon DSP"),
    ("streaming-tv", "Streaming TV"),
    ("sponsored-products", "Sponsored Products"),
    ("sponsored-brands", "Sponsored Brands"),
    ("sponsored-display", "Sponsored Display"),
    ("sponsored-tv", "Sponsored TV"),
    ("brand-store", "Brand Store"),
    ("retail", "Retail purchases"),
    ("audiences", "Audiences"),
    ("amc", "AMC itself"),
];

/// How much a reader should have done before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difficulty {
    #[default]
    Basic,
    /// Some queries of their own.
    Intermediate,
    /// Knows the sources and what privacy does to a result.
    Advanced,
}

impl Difficulty {
    /// All, the easiest first.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Intermediate, Self::Advanced];

    /// As authors write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Intermediate => "Intermediate",
            Self::Advanced => "Advanced",
        }
    }

    /// Parses [`Difficulty::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == text)
    }

    /// The value of the key `level`.
    pub fn of_entry(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> Self {
        let text: String = entry.read(faults);
        Self::parse(&text).unwrap_or_else(|| {
            faults.push(entry.fault("`level` is \"basic\", \"intermediate\" or \"advanced\"."));
            Self::default()
        })
    }
}

/// The products of the key `products`; invalid ones are reported.
pub fn products_of_entry(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut products: Vec<String> = entry.read(faults);
    if let Some(unknown) = products.iter().find(|name| !PRODUCTS.iter().any(|(known, _)| known == name)) {
        let known = PRODUCTS.map(|(name, _)| name).join(", ");
        faults.push(entry.fault(format!("`{unknown}` is no ad product. Write any of {known}.")));
    }
    products.retain(|name| PRODUCTS.iter().any(|(known, _)| known == name));
    products
}

/// The role of a query in a guide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryKind {
    /// Explores the data, to fill in the main query.
    Explore,
    /// Answers the question.
    #[default]
    Main,
    /// Verifies an answer in another way.
    Validate,
}

impl QueryKind {
    /// All roles, in the order of a guide.
    pub const ALL: [Self; 3] = [Self::Explore, Self::Main, Self::Validate];

    /// As authors write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Main => "main",
            Self::Validate => "validate",
        }
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Explore => "Exploration",
            Self::Main => "Main query",
            Self::Validate => "Validation",
        }
    }
}

//! Audience segments: names, taxonomy and members.

use super::super::chance::{mix, unit};

/// In-market or lifestyle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Family {
    InMarket,
    Lifestyle,
}

/// An audience segment.
#[derive(Debug)]
pub(in super::super) struct Segment {
    pub(in super::super) id: i32,
    pub(in super::super) family: Family,
    pub(in super::super) name: &'static str,
    /// The related department of the brand category, for targeting.
    pub(in super::super) category: &'static str,
    /// The share of people in it.
    share: f32,
}

const fn market(id: i32, name: &'static str, category: &'static str, share: f32) -> Segment {
    Segment { id, family: Family::InMarket, name, category, share }
}

const fn life(id: i32, name: &'static str, category: &'static str, share: f32) -> Segment {
    Segment { id, family: Family::Lifestyle, name, category, share }
}

pub(in super::super) const SEGMENTS: [Segment; 20] = [
    market(400_101, "IM - Coffee & Espresso", "Coffee", 0.14),
    market(400_102, "IM - Coffee Makers", "Coffee", 0.07),
    market(400_111, "IM - Face Care", "Skin Care", 0.13),
    market(400_112, "IM - Sun Protection", "Skin Care", 0.06),
    market(400_121, "IM - Hiking & Camping", "Outdoor", 0.10),
    market(400_122, "IM - Reusable Bottles", "Outdoor", 0.08),
    market(400_131, "IM - Dog Food & Treats", "Pet Supplies", 0.15),
    market(400_132, "IM - Cat Supplies", "Pet Supplies", 0.11),
    market(400_141, "IM - Laundry Care", "Household", 0.12),
    market(400_151, "IM - Writing Instruments", "Stationery", 0.07),
    life(500_201, "LS - Home Baristas", "Coffee", 0.09),
    life(500_202, "LS - Beauty Enthusiasts", "Skin Care", 0.12),
    life(500_203, "LS - Weekend Hikers", "Outdoor", 0.11),
    life(500_204, "LS - Pet Parents", "Pet Supplies", 0.24),
    life(500_205, "LS - Eco Conscious Homes", "Household", 0.16),
    life(500_206, "LS - Journalers & Planners", "Stationery", 0.06),
    life(500_207, "LS - Streaming Households", "", 0.33),
    life(500_208, "LS - New Movers", "", 0.04),
    life(500_209, "LS - Parents of School Children", "", 0.19),
    life(500_210, "LS - Fitness Fans", "", 0.15),
];

impl Segment {
    /// Whether a person is in the segment; constant, so that segment tables and snapshots agree.
    pub(in super::super) fn holds(&self, person: u64) -> bool {
        unit(mix(person, 0x5e6), self.id as u64) < self.share
    }

    /// A description in one sentence.
    pub(in super::super) fn description(&self) -> String {
        let topic = self.name.split_once(" - ").map_or(self.name, |(_, topic)| topic);
        match self.family {
            Family::InMarket => format!("Shoppers whose recent activity suggests a purchase soon in {topic}."),
            Family::Lifestyle => format!("Shoppers whose habits over the past year match {topic}."),
        }
    }

    /// The two upper levels of the taxonomy.
    pub(in super::super) fn levels(&self) -> (&'static str, &'static str) {
        match self.family {
            Family::InMarket => ("In-market", if self.category.is_empty() { "General" } else { self.category }),
            Family::Lifestyle => ("Lifestyle", if self.category.is_empty() { "Household" } else { self.category }),
        }
    }
}

//! A filter of nested conditions, stored in the address.
//!
//! `f=all` is the outermost group; its parts are `f.1`, `f.2` and so on: a group is `f.2=any`, a condition `f.1.p`
//! (property), `f.1.o` (operator) and `f.1.v` (value). Form controls have these names, so the form works without
//! scripts, and submitting it leads to the address. Anything that our forms can't send is refused completely; a
//! condition without a value is kept but ignored.

mod property;

use std::collections::BTreeMap;

pub(super) use property::{Property, Row};

/// Maximum number of conditions and groups.
const MOST: usize = 100;
/// Maximum nesting of groups.
const DEEPEST: usize = 5;
/// Maximum length of a value, in characters.
const LONGEST: usize = 200;

/// How the parts of a group are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    All,
    Any,
    /// None of them: NOT (… OR …).
    None,
}

impl Joined {
    /// All values, in the order of the form.
    pub(super) const ALL: [Self; 3] = [Self::All, Self::Any, Self::None];

    /// As in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
            Self::None => "none",
        }
    }

    /// The label for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::All => "All of these (AND)",
            Self::Any => "Any of these (OR)",
            Self::None => "None of these (NOT)",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|joined| joined.name() == text)
    }
}

/// How a property is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Contains,
    Starts,
    Is,
    IsNot,
    /// Thresholds are ordered by strictness, everything else alphabetically.
    Least,
    Most,
}

impl Operator {
    /// All values, in the order of the form.
    pub(super) const ALL: [Self; 6] = [Self::Contains, Self::Starts, Self::Is, Self::IsNot, Self::Least, Self::Most];

    /// As in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Starts => "starts",
            Self::Is => "is",
            Self::IsNot => "not",
            Self::Least => "least",
            Self::Most => "most",
        }
    }

    /// The label for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Starts => "starts with",
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Least => "is at least",
            Self::Most => "is at most",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == text)
    }
}

/// A condition on one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) property: Property,
    pub(super) operator: Operator,
    /// Empty until filled in.
    pub(super) value: String,
}

impl Condition {
    /// An empty condition.
    const EMPTY: Self = Self { property: Property::Column, operator: Operator::Contains, value: String::new() };
}

/// A part of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Group(Group),
    Condition(Condition),
}

/// A group of conditions and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) joined: Joined,
    pub(super) parts: Vec<Node>,
}

impl Default for Group {
    fn default() -> Self {
        Self { joined: Joined::All, parts: Vec::new() }
    }
}

/// The path of a part: the indexes of the parts on the way, from 1.
pub(super) type Path = Vec<usize>;

/// A path in field names, after `f`: empty, or `.1.2`.
fn suffix(path: &[usize]) -> String {
    path.iter().fold(String::new(), |path, number| format!("{path}.{number}"))
}

fn path(text: &str) -> Option<Path> {
    let number = |part: &str| part.parse::<usize>().ok().filter(|number| (1..=9_999).contains(number));
    if text.is_empty() { Some(Vec::new()) } else { text.strip_prefix('.')?.split('.').map(number).collect() }
}

/// The fields of a part, as received.
#[derive(Debug, Default)]
struct Written<'a> {
    joined: Option<&'a str>,
    property: Option<&'a str>,
    operator: Option<&'a str>,
    value: Option<&'a str>,
}

/// Why an address contains no valid filter, for people.
pub(super) type Refusal = String;

impl Group {
    /// Parses the fields of an address; the empty filter if it has none.
    pub(super) fn read<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let mut written: BTreeMap<Path, Written<'_>> = BTreeMap::new();
        for (name, value) in fields {
            let Some(rest) = name.strip_prefix('f').filter(|rest| rest.is_empty() || rest.starts_with('.')) else {
                continue;
            };
            let (place, part) = match rest.rsplit_once('.') {
                Some((place, part @ ("p" | "o" | "v"))) => (place, part),
                _ => (rest, ""),
            };
            let place = path(place).ok_or_else(forged)?;
            if place.len() > DEEPEST {
                return Err(format!("Groups can be nested up to {DEEPEST} levels deep. Remove the innermost ones."));
            }
            let known = written.entry(place).or_default();
            let slot = match part {
                "p" => &mut known.property,
                "o" => &mut known.operator,
                "v" => &mut known.value,
                _ => &mut known.joined,
            };
            if slot.replace(value).is_some() {
                return Err(forged());
            }
        }
        if written.len() > MOST + 1 {
            let many = written.len() - 1;
            return Err(format!(
                "This filter has {many} conditions and groups; at most {MOST} are possible. Remove some."
            ));
        }
        let root = written.get(&Vec::new());
        if root.is_some_and(|part| part.property.is_some() || part.operator.is_some() || part.value.is_some()) {
            return Err(forged());
        }
        let joined = root.and_then(|part| part.joined).map_or(Some(Joined::All), Joined::parse).ok_or_else(forged)?;
        let group = Self { joined, parts: parts(&written, &[])? };
        // Parts without a group weren't sent by our forms.
        let placed = group.count() + usize::from(root.is_some());
        if placed == written.len() { Ok(group) } else { Err(forged()) }
    }

    /// The number of conditions and groups in it.
    pub(super) fn count(&self) -> usize {
        self.parts.iter().map(|part| 1 + if let Node::Group(group) = part { group.count() } else { 0 }).sum()
    }

    /// The fields of an address for it; none for the empty filter. Parts are renumbered.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        if !self.parts.is_empty() {
            self.write(&mut Vec::new(), &mut fields);
        }
        fields
    }

    fn write(&self, place: &mut Path, fields: &mut Vec<(String, String)>) {
        fields.push((format!("f{}", suffix(place)), self.joined.name().to_owned()));
        for (at, part) in self.parts.iter().enumerate() {
            place.push(at + 1);
            match part {
                Node::Group(group) => group.write(place, fields),
                Node::Condition(Condition { property, operator, value }) => {
                    let name = format!("f{}", suffix(place));
                    fields.push((format!("{name}.p"), property.name().to_owned()));
                    fields.push((format!("{name}.o"), operator.name().to_owned()));
                    if !value.is_empty() {
                        fields.push((format!("{name}.v"), value.clone()));
                    }
                }
            }
            place.pop();
        }
    }

    /// Applies the action of a button: `add`, `group` or `remove`, followed by the path of the part.
    pub(super) fn change(&mut self, action: &str) -> Result<(), Refusal> {
        let at = action.find('.').unwrap_or(action.len());
        let (verb, place) = (&action[..at], path(&action[at..]).ok_or_else(forged)?);
        if verb == "remove" {
            let (last, before) = place.split_last().ok_or_else(forged)?;
            let group = self.at(before).ok_or_else(forged)?;
            // OK to count from 1: a path has no zero.
            if *last > group.parts.len() {
                return Err(forged());
            }
            group.parts.remove(last - 1);
            return Ok(());
        }
        if self.count() >= MOST {
            return Err(format!("A filter can have at most {MOST} conditions and groups. Remove one first."));
        }
        if verb == "group" && place.len() + 2 > DEEPEST {
            return Err(format!("Groups can be nested up to {DEEPEST} levels deep. Add conditions to an outer group."));
        }
        let group = self.at(&place).ok_or_else(forged)?;
        group.parts.push(match verb {
            "add" => Node::Condition(Condition::EMPTY),
            "group" => Node::Group(Self { joined: Joined::Any, parts: vec![Node::Condition(Condition::EMPTY)] }),
            _ => return Err(forged()),
        });
        Ok(())
    }

    fn at(&mut self, place: &[usize]) -> Option<&mut Self> {
        let Some((first, rest)) = place.split_first() else { return Some(self) };
        match self.parts.get_mut(first - 1)? {
            Node::Group(group) => group.at(rest),
            Node::Condition(_) => None,
        }
    }

    /// Whether a row matches. Conditions without a value, and groups without any value, are ignored.
    pub(super) fn fits(&self, row: &Row<'_>) -> bool {
        self.judge(row).unwrap_or(true)
    }

    /// Whether it excludes any rows.
    pub(super) fn narrows(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Node::Group(group) => group.narrows(),
            Node::Condition(condition) => !condition.value.is_empty(),
        })
    }

    fn judge(&self, row: &Row<'_>) -> Option<bool> {
        let mut judged = self.parts.iter().filter_map(|part| match part {
            Node::Group(group) => group.judge(row),
            Node::Condition(condition) => condition.judge(row),
        });
        let first = judged.next()?;
        Some(match self.joined {
            Joined::All => first && judged.all(|fits| fits),
            Joined::Any => first || judged.any(|fits| fits),
            Joined::None => !(first || judged.any(|fits| fits)),
        })
    }

    /// The form from beginning to end: groups are opened and closed, with conditions in between.
    pub(super) fn layout(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        self.lay_out(&mut Vec::new(), &mut pieces);
        pieces
    }

    fn lay_out<'a>(&'a self, place: &mut Path, pieces: &mut Vec<Piece<'a>>) {
        pieces.push(Piece::Open { path: suffix(place), joined: self.joined });
        for (at, part) in self.parts.iter().enumerate() {
            place.push(at + 1);
            match part {
                Node::Group(group) => group.lay_out(place, pieces),
                Node::Condition(condition) => pieces.push(Piece::Condition { path: suffix(place), condition }),
            }
            place.pop();
        }
        pieces.push(Piece::Close { path: suffix(place), can_nest: place.len() + 2 <= DEEPEST });
    }

    /// A description of the filter, written like code: `threshold is LOW and (…)`.
    pub(super) fn describe(&self) -> String {
        let word = |part: &Node| match part {
            Node::Group(group) if group.narrows() => Some(format!("({})", group.describe())),
            Node::Group(_) => None,
            Node::Condition(Condition { value, .. }) if value.is_empty() => None,
            Node::Condition(Condition { property, operator, value }) => {
                Some(format!("{} {} “{value}”", property.label().to_lowercase(), operator.label()))
            }
        };
        let words: Vec<String> = self.parts.iter().filter_map(word).collect();
        match self.joined {
            Joined::All => words.join(" and "),
            Joined::Any => words.join(" or "),
            Joined::None => format!("not ({})", words.join(" or ")),
        }
    }
}

/// A piece of the form. Paths are as in field names, after `f`.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Open { path: String, joined: Joined },
    Condition { path: String, condition: &'a Condition },
    Close { path: String, can_nest: bool },
}

fn parts(written: &BTreeMap<Path, Written<'_>>, place: &[usize]) -> Result<Vec<Node>, Refusal> {
    let inside = |known: &Path| known.len() == place.len() + 1 && known.starts_with(place);
    written.iter().filter(|(known, _)| inside(known)).map(|(known, part)| node(written, known, part)).collect()
}

fn node(written: &BTreeMap<Path, Written<'_>>, place: &[usize], part: &Written<'_>) -> Result<Node, Refusal> {
    match (part.joined, part.property) {
        (Some(joined), None) if part.operator.is_none() && part.value.is_none() => {
            let joined = Joined::parse(joined).ok_or_else(forged)?;
            Ok(Node::Group(Group { joined, parts: parts(written, place)? }))
        }
        (None, Some(property)) => Ok(Node::Condition(Condition {
            property: Property::parse(property).ok_or_else(forged)?,
            operator: part.operator.map_or(Some(Operator::Contains), Operator::parse).ok_or_else(forged)?,
            value: part.value.unwrap_or_default().trim().chars().take(LONGEST).collect(),
        })),
        _ => Err(forged()),
    }
}

fn forged() -> Refusal {
    "This address doesn't contain a valid filter. Use the filter builder.".to_owned()
}

#[cfg(test)]
mod tests;

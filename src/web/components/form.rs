//! Form errors and select options.

/// The errors in a form by field name, in the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an error to `field`; an empty name means the form as a whole.
    pub fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.push((field.into(), sentence.into()));
    }

    /// The first error of `field`, or an empty text.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, sentence)| sentence)
    }

    /// All errors with their fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }

    /// Whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// An option of a select or a group of radio buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The submitted value.
    pub value: String,
    pub label: String,
}

impl Choice {
    /// An option with this value and label.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }

    /// An option with the empty value and this label (`All states`, `Choose an instance`), and after it `choices`.
    pub fn optional(label: impl Into<String>, choices: impl IntoIterator<Item = Self>) -> Vec<Self> {
        std::iter::once(Self::new("", label)).chain(choices).collect()
    }

    /// Whether this option's value is `chosen`.
    pub fn is(&self, chosen: impl AsRef<str>) -> bool {
        self.value == chosen.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_by_field() {
        let mut errors = Errors::new();
        errors.add("name", "Enter a name for the query.");
        errors.add("name", "Second.");
        assert_eq!(errors.of("name"), "Enter a name for the query.");
        assert_eq!(errors.of("sql"), "");
        assert_eq!(errors.len(), 2);
    }
}

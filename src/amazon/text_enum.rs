//! Enums that Amazon may extend: known values have names, others are kept as received.

/// Defines a text enum with an `Other` for unknown values. A value is written with its first text; its other texts
/// are parsed as the same value, case-insensitively.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal $(| $more:literal)*,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
            /// An unknown value, as Amazon sent it.
            Other(String),
        }

        impl $name {
            /// Amazon's text for the value.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$value => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.to_ascii_uppercase().as_str() {
                    $($text $(| $more)* => Self::$value,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(super) use text_enum;

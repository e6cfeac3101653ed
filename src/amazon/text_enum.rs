//! Enums that Amazon may widen: known values have names, others are kept as they came.

/// Makes an enum of texts with an `Other` for what is unknown. The first text of a value is the one
/// that is written; more texts are read as the same value, without regard to case.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal $(| $more:literal)*,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
            /// A value that this version does not know, as Amazon wrote it.
            Other(String),
        }

        impl $name {
            /// The value as Amazon writes it.
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

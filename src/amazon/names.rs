//! Amazon's own identifiers, one type for each kind; opaque texts that are never parsed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::db::{Column, FromValue, Kind, Value, WrongValue};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text as received from Amazon.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl Column for &$name {
            const KIND: Kind = Kind::Text;
        }

        impl Column for $name {
            const KIND: Kind = Kind::Text;
        }

        impl From<&$name> for Value {
            fn from(name: &$name) -> Self {
                Self::Text(name.0.clone())
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value) -> Result<Self, WrongValue> {
                String::from_value(value).map(Self)
            }
        }
    )+};
}

names! {
    /// AMC's id of an instance (`amc…`), not to be confused with [`crate::ids::InstanceId`].
    AmcInstanceId;
    /// AMC's id of an execution (a UUID), not to be confused with [`crate::ids::ExecutionId`].
    AmcExecutionId;
    /// The account that owns instances (`ENTITY…`), sent as `Amazon-Advertising-API-AdvertiserId`.
    EntityId;
    /// A marketplace (`ATVPDKIKX0DER` is the United States), sent as `Amazon-Advertising-API-MarketplaceId`.
    MarketplaceId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_its_column_as_it_went_in() {
        let name = EntityId("ENTITY1".to_owned());
        assert_eq!(EntityId::from_value(Value::from(&name)).unwrap(), name);
        assert!(EntityId::from_value(Value::Int(1)).is_err());
        assert_eq!(Value::from(None::<&EntityId>), Value::Null(Kind::Text));
    }

    #[test]
    fn a_name_is_a_plain_text_in_json() {
        let name: AmcInstanceId = serde_json::from_str("\"amc1\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"amc1\"");
    }
}

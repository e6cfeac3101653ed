//! The client of Login with Amazon, the Ads API and AMC; the only user of `reqwest`.

/// AMC's own id of an instance (`amc…`), as opposed to [`crate::ids::InstanceId`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AmcInstanceId(pub String);

/// AMC's own id of an execution (a UUID), as opposed to [`crate::ids::ExecutionId`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AmcExecutionId(pub String);

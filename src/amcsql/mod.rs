//! amcsql

//! `UNION`, `INTERSECT`, `EXCEPT`.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::DataType as Arrow;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, Union, cast};

use super::super::run::RunError;
use super::relation::{matching, null};
use super::trace::{Metric, Readings, Trace, Users};
use super::{Lowered, Lowering, column, name, named, projection};
use crate::amcsql::bound::{ColumnId, Relation, SetKind};

impl Lowering<'_> {
    pub(super) fn set(
        &mut self,
        kind: SetKind,
        all: bool,
        inputs: &[Relation],
        columns: &[ColumnId],
        accounting: bool,
    ) -> Result<Lowered, RunError> {
        let lowered = match kind {
            SetKind::Union => {
                let inputs = inputs.iter().map(|input| self.relation(input, accounting));
                let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
                self.union(inputs, columns)?
            }
            SetKind::Intersect | SetKind::Except => {
                let [left, right] = inputs else {
                    return Err(RunError::Value("INTERSECT and EXCEPT take two queries".to_owned()));
                };
                let left = self.relation(left, accounting)?;
                let right = self.relation(right, false)?;
                let join = if kind == SetKind::Intersect { JoinType::LeftSemi } else { JoinType::LeftAnti };
                let matched = matching(left, &right, join)?;
                self.union(vec![matched], columns)?
            }
        };
        if all { Ok(lowered) } else { self.distinct(lowered) }
    }

    /// Concatenates inputs. Hidden columns are aligned: the n-th users of each input share a column, as do the n-th
    /// shares of each metric; an input with fewer has NULL.
    fn union(&mut self, inputs: Vec<Lowered>, columns: &[ColumnId]) -> Result<Lowered, RunError> {
        let trace = self.aligned(&inputs, columns);
        let mut plans = Vec::with_capacity(inputs.len());
        for input in inputs {
            let mut items = Vec::new();
            for (id, given) in columns.iter().zip(&input.ids) {
                self.same_size(*id, *given);
                items.push(cast(column(*given), self.query.column(*id).data_type.arrow()).alias(name(*id)));
            }
            for (at, users) in trace.users.iter().enumerate() {
                items.push(hidden_users(&input, at, users)?.alias(users.name.clone()));
            }
            for (id, given) in columns.iter().zip(&input.ids) {
                let Some(metric) = trace.metrics.get(id) else { continue };
                let theirs: Vec<&String> =
                    input.trace.metrics.get(given).map_or_else(Vec::new, |it| it.shares.iter().collect());
                for (at, share) in metric.shares.iter().enumerate() {
                    let value = theirs.get(at).map_or_else(|| null(&Arrow::Binary), |it| Ok(named(it.as_str())))?;
                    items.push(value.alias(share.clone()));
                }
            }
            plans.push(Arc::new(projection(input.plan, items)?));
        }
        let plan = match plans.as_slice() {
            [only] => only.as_ref().clone(),
            _ => LogicalPlan::Union(Union::try_new_with_loose_types(plans)?),
        };
        Ok(Lowered { plan, ids: columns.to_vec(), trace })
    }

    fn aligned(&mut self, inputs: &[Lowered], columns: &[ColumnId]) -> Trace {
        let mut trace = Trace::default();
        let most = inputs.iter().map(|input| input.trace.users.len()).max().unwrap_or(0);
        for at in 0..most {
            let present: Vec<&Users> = inputs.iter().filter_map(|input| input.trace.users.get(at)).collect();
            let readings: Readings = present.iter().flat_map(|users| &users.readings).copied().collect();
            let tags = present.iter().all(|users| users.tags);
            trace.users.push(Users { name: self.fresh("user"), tags, readings });
        }
        for (place, id) in columns.iter().enumerate().filter(|(_, id)| self.wanted.contains(id)).collect::<Vec<_>>() {
            let given = inputs.iter().filter_map(|input| input.trace.metrics.get(input.ids.get(place)?));
            let given: Vec<&Metric> = given.collect();
            let shares = given.iter().map(|metric| metric.shares.len()).max().unwrap_or(0);
            let shares: BTreeSet<String> = (0..shares).map(|_| self.fresh("share")).collect();
            let own = given.iter().flat_map(|metric| &metric.own).copied().collect();
            trace.metrics.insert(*id, Metric { own, shares });
        }
        trace
    }
}

fn hidden_users(input: &Lowered, at: usize, users: &Users) -> Result<Expr, RunError> {
    let kind = if users.tags { Arrow::UInt64 } else { Arrow::Binary };
    Ok(match input.trace.users.get(at) {
        None => null(&kind)?,
        Some(own) if own.tags && !users.tags => {
            super::super::accounting::as_ledger().call(vec![named(own.name.as_str())])
        }
        Some(own) => named(own.name.as_str()),
    })
}

//! The hidden aggregates that carry ledgers and shares through a grouping.

use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::ledger::{Ledger, encode_all, reading};
use super::shares::Shares;

/// Unites the users behind the rows of a group. Arguments: any number of tags (`UInt64`) and ledgers (`Binary`).
pub(in super::super) fn unite() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Unite { signature: Signature::variadic_any(Volatility::Immutable) }))
}

/// Accumulates who contributed to a metric. Arguments: the row's value as `Float64` (zero and NULL contribute
/// nothing), then tags and ledgers, of which those of `readings` count, `users` of them, then shares from earlier
/// groupings.
pub(in super::super) fn contribute(readings: Vec<u32>, users: usize) -> Arc<AggregateUDF> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Contribute { signature, readings, users }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Unite {
    signature: Signature,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Contribute {
    signature: Signature,
    readings: Vec<u32>,
    users: usize,
}

macro_rules! hidden_aggregate {
    ($kind:ty, $name:literal, $groups:expr) => {
        impl AggregateUDFImpl for $kind {
            fn name(&self) -> &'static str {
                $name
            }

            fn signature(&self) -> &Signature {
                &self.signature
            }

            fn return_type(&self, _: &[DataType]) -> Result<DataType> {
                Ok(DataType::Binary)
            }

            fn state_fields(&self, _: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
                Ok(vec![Arc::new(Field::new($name, DataType::Binary, true))])
            }

            fn order_sensitivity(&self) -> AggregateOrderSensitivity {
                AggregateOrderSensitivity::Insensitive
            }

            fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
                Ok(Box::new(Single($groups(self))))
            }

            fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
                true
            }

            fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
                Ok(Box::new($groups(self)))
            }
        }
    };
}

hidden_aggregate!(Unite, "amc_unite", |_: &Unite| Groups { kind: Uniting, groups: Vec::<Ledger>::new() });
hidden_aggregate!(Contribute, "amc_contribute", |it: &Contribute| Groups {
    kind: Contributing { readings: it.readings.clone(), users: it.users },
    groups: Vec::<Shares>::new(),
});

/// The state of a hidden aggregate per group, and how rows update it.
trait Kind: Send + Sync + std::fmt::Debug + Clone + 'static {
    type State: Default + Send + Sync + std::fmt::Debug;

    /// Calls `enter` for each row's contribution; `wanted` says which rows count.
    fn update(
        &self,
        values: &[ArrayRef],
        wanted: &dyn Fn(usize) -> bool,
        group_of: &dyn Fn(usize) -> usize,
        groups: &mut [Self::State],
    );
    fn merge(state: &mut Self::State, bytes: &[u8]);
    fn encode(state: &Self::State, out: &mut Vec<u8>);
    fn size(state: &Self::State) -> usize;
}

#[derive(Debug, Clone)]
struct Uniting;

impl Kind for Uniting {
    type State = Ledger;

    fn update(
        &self,
        values: &[ArrayRef],
        wanted: &dyn Fn(usize) -> bool,
        group_of: &dyn Fn(usize) -> usize,
        groups: &mut [Ledger],
    ) {
        for column in values {
            each_tagged(column, wanted, |row, entry| match entry {
                Entry::Tag(tag) => groups[group_of(row)].add(tag),
                Entry::Ledger(bytes) => groups[group_of(row)].add_encoded(bytes),
            });
        }
    }

    fn merge(state: &mut Ledger, bytes: &[u8]) {
        state.add_encoded(bytes);
    }

    fn encode(state: &Ledger, out: &mut Vec<u8>) {
        state.encode(out);
    }

    fn size(state: &Ledger) -> usize {
        state.size()
    }
}

enum Entry<'a> {
    Tag(u64),
    Ledger(&'a [u8]),
}

fn each_tagged<'a>(column: &'a ArrayRef, wanted: &dyn Fn(usize) -> bool, mut enter: impl FnMut(usize, Entry<'a>)) {
    if let Some(tags) = column.as_primitive_opt::<UInt64Type>() {
        let rows = (0..tags.len()).filter(|row| tags.is_valid(*row) && wanted(*row));
        rows.for_each(|row| enter(row, Entry::Tag(tags.value(row))));
    } else if let Some(ledgers) = column.as_binary_opt::<i32>() {
        let rows = (0..ledgers.len()).filter(|row| ledgers.is_valid(*row) && wanted(*row));
        rows.for_each(|row| enter(row, Entry::Ledger(ledgers.value(row))));
    }
}

#[derive(Debug, Clone)]
struct Contributing {
    readings: Vec<u32>,
    users: usize,
}

impl Kind for Contributing {
    type State = Shares;

    fn update(
        &self,
        values: &[ArrayRef],
        wanted: &dyn Fn(usize) -> bool,
        group_of: &dyn Fn(usize) -> usize,
        groups: &mut [Shares],
    ) {
        let Some((weights, rest)) = values.split_first() else { return };
        let weights = weights.as_primitive::<Float64Type>();
        let counts = |row: usize| weights.is_valid(row) && weights.value(row) != 0.0 && wanted(row);
        let (users, shares) = rest.split_at(self.users.min(rest.len()));
        for column in users {
            each_tagged(column, &counts, |row, entry| {
                let (group, weight) = (&mut groups[group_of(row)], weights.value(row));
                let ours = |tag: &u64| self.readings.contains(&reading(*tag));
                match entry {
                    Entry::Tag(tag) if ours(&tag) => group.add(tag, weight),
                    Entry::Tag(_) => {}
                    Entry::Ledger(bytes) => {
                        let tags: Vec<u64> = super::ledger::decode(bytes).filter(ours).collect();
                        // OK because the shares of several users aren't known here: they are split equally.
                        for tag in &tags {
                            group.add(*tag, weight / tags.len() as f64);
                        }
                    }
                }
            });
        }
        for column in shares {
            each_tagged(column, &counts, |row, entry| {
                if let Entry::Ledger(bytes) = entry {
                    groups[group_of(row)].add_encoded(bytes);
                }
            });
        }
    }

    fn merge(state: &mut Shares, bytes: &[u8]) {
        state.add_encoded(bytes);
    }

    fn encode(state: &Shares, out: &mut Vec<u8>) {
        state.encode(out);
    }

    fn size(state: &Shares) -> usize {
        state.size()
    }
}

/// The minimum number of groups measured when estimating the memory of all.
const MEASURED: usize = 1024;

/// The states of all groups.
#[derive(Debug)]
struct Groups<K: Kind> {
    kind: K,
    groups: Vec<K::State>,
}

impl<K: Kind> Groups<K> {
    fn grown(&mut self, total: usize) -> &mut [K::State] {
        if self.groups.len() < total {
            self.groups.resize_with(total, K::State::default);
        }
        &mut self.groups
    }

    fn emit(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let states = emit_to.take_needed(&mut self.groups);
        encode_all(states.iter(), |state, out| K::encode(state, out))
    }

    fn bytes(&self) -> usize {
        // OK because an estimate is enough, and this is called after every batch.
        let step = (self.groups.len() / MEASURED).max(1);
        let own = self.groups.capacity() * size_of::<K::State>();
        own + self.groups.iter().step_by(step).map(K::size).sum::<usize>() * step
    }
}

fn passes(filter: Option<&BooleanArray>) -> impl Fn(usize) -> bool {
    move |row| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

impl<K: Kind> GroupsAccumulator for Groups<K> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let kind = self.kind.clone();
        let groups = self.grown(total_num_groups);
        kind.update(values, &passes(opt_filter), &|row| group_indices[row], groups);
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.emit(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.emit(emit_to)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        let groups = self.grown(total_num_groups);
        let states = values[0].as_binary::<i32>();
        for (row, group) in group_indices.iter().enumerate().filter(|(row, _)| states.is_valid(*row)) {
            K::merge(&mut groups[*group], states.value(row));
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, arrow::array::Array::len);
        let mut single = Self { kind: self.kind.clone(), groups: Vec::new() };
        self.kind.update(values, &passes(opt_filter), &|row| row, single.grown(rows));
        Ok(vec![single.emit(EmitTo::All)?])
    }

    fn size(&self) -> usize {
        self.bytes()
    }
}

/// A single group, for aggregation without keys.
#[derive(Debug)]
struct Single<K: Kind>(Groups<K>);

impl<K: Kind> Single<K> {
    fn taken(&mut self) -> ScalarValue {
        let mut bytes = Vec::new();
        self.0.grown(1).iter().for_each(|state| K::encode(state, &mut bytes));
        ScalarValue::Binary(Some(bytes))
    }
}

impl<K: Kind> Accumulator for Single<K> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let kind = self.0.kind.clone();
        kind.update(values, &|_| true, &|_| 0, self.0.grown(1));
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let group = &mut self.0.grown(1)[0];
        states[0].as_binary::<i32>().iter().flatten().for_each(|bytes| K::merge(group, bytes));
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.taken()])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.taken())
    }

    fn size(&self) -> usize {
        self.0.bytes()
    }
}

-- How long the execution of a slot took, from its decision to its end: typical durations of schedules.
alter table schedule_slots add column took_seconds bigint;

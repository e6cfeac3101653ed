alter table execution_outcomes enable row level security;
create policy execution_outcomes_scope on execution_outcomes for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy execution_outcomes_change on execution_outcomes using ((select app_is_system()));
create policy execution_outcomes_start on execution_outcomes for insert with check (instance_id in
    (select instance_id from instance_access where person_id = (select app_person()) and role in ('analyst', 'manager')));

-- Whoever may start an execution takes a position from the feed; it says nothing but how many there were.
alter table execution_feed enable row level security;
revoke delete on execution_feed from recomamp_app;
create policy execution_feed_scope on execution_feed
    using ((select app_is_system()) or exists (select 1 from app_instances()));

-- The names of destinations are seen by those who work on any instance; settings and secrets by the program alone, for
-- administrators, after its own look at who asks.
alter table destinations enable row level security;
create policy destinations_scope on destinations for select
    using ((select app_is_system()) or exists (select 1 from app_instances()));
create policy destinations_change on destinations using ((select app_is_system()));

alter table destination_settings enable row level security;
create policy destination_settings_change on destination_settings using ((select app_is_system()));

-- Rules are seen with their schedule, and changed by those who may change it.
alter table delivery_rules enable row level security;
create policy delivery_rules_scope on delivery_rules for select
    using ((select app_is_system()) or schedule_id in (select id from schedules));
create policy delivery_rules_change on delivery_rules using ((select app_is_system()));
create policy delivery_rules_add on delivery_rules for insert with check (schedule_id in
    (select id from schedules where instance_id in (select app_instances_as('analyst'))));
create policy delivery_rules_manage on delivery_rules for update using (schedule_id in
    (select id from schedules where instance_id in (select app_instances_as('analyst'))));

-- The ledger is seen by the people of the instance; those who may run there deliver by hand and try again.
alter table deliveries enable row level security;
create policy deliveries_scope on deliveries for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy deliveries_change on deliveries using ((select app_is_system()));
create policy deliveries_add on deliveries for insert
    with check (instance_id in (select app_instances_as('analyst')));
create policy deliveries_manage on deliveries for update using (instance_id in (select app_instances_as('analyst')));

alter table delivery_attempts enable row level security;
create policy delivery_attempts_scope on delivery_attempts for select
    using ((select app_is_system()) or delivery_id in (select id from deliveries));
create policy delivery_attempts_change on delivery_attempts using ((select app_is_system()));

alter table delivery_cursor enable row level security;
create policy delivery_cursor_change on delivery_cursor using ((select app_is_system()));

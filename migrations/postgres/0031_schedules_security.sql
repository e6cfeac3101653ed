-- A schedule and its ledger are seen by the people of its instance and changed by those who may run there. Slots are
-- decided by the program.
alter table schedules enable row level security;
create policy schedules_scope on schedules for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy schedules_change on schedules using ((select app_is_system()));
create policy schedules_add on schedules for insert
    with check (owner_id = (select app_person()) and instance_id in (select app_instances_as('analyst')));
create policy schedules_manage on schedules for update using (instance_id in (select app_instances_as('analyst')));

alter table schedule_slots enable row level security;
create policy schedule_slots_scope on schedule_slots for select
    using ((select app_is_system()) or schedule_id in (select id from schedules));
create policy schedule_slots_change on schedule_slots using ((select app_is_system()));

alter table schedule_cursor enable row level security;
create policy schedule_cursor_change on schedule_cursor using ((select app_is_system()));

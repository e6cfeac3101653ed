-- A back-fill is seen by the people of its instance, and started and stopped by those who may run there.
alter table backfills enable row level security;
create policy backfills_scope on backfills for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy backfills_change on backfills using ((select app_is_system()));
create policy backfills_add on backfills for insert
    with check (owner_id = (select app_person()) and instance_id in (select app_instances_as('analyst')));
create policy backfills_manage on backfills for update using (instance_id in (select app_instances_as('analyst')));

alter table backfill_windows enable row level security;
create policy backfill_windows_scope on backfill_windows for select
    using ((select app_is_system()) or backfill_id in (select id from backfills));
create policy backfill_windows_change on backfill_windows using ((select app_is_system()));
create policy backfill_windows_add on backfill_windows for insert with check (backfill_id in
    (select id from backfills where instance_id in (select app_instances_as('analyst'))));
create policy backfill_windows_manage on backfill_windows for update using (backfill_id in
    (select id from backfills where instance_id in (select app_instances_as('analyst'))));

-- What somebody typed and did not save is theirs alone.
alter table schedule_drafts enable row level security;
create policy schedule_drafts_own on schedule_drafts
    using ((select app_is_system()) or person_id = (select app_person()));

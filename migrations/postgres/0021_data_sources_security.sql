-- Filters are their owner's; everyone here reads those that are shared. Changes are those of the instances that a person
-- may see, and only the program notes them.
alter table source_filters enable row level security;
create policy source_filters_scope on source_filters for select
    using ((select app_is_system()) or person_id = (select app_person()) or shared);
create policy source_filters_change on source_filters
    using ((select app_is_system()) or person_id = (select app_person()));

alter table source_changes enable row level security;
create policy source_changes_scope on source_changes for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy source_changes_change on source_changes using ((select app_is_system()));

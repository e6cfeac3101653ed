-- What people do with guides is theirs.
alter table guide_readers enable row level security;
create policy guide_readers_scope on guide_readers using ((select app_is_system()) or person_id = (select app_person()));
alter table guide_progress enable row level security;
create policy guide_progress_scope on guide_progress using ((select app_is_system()) or person_id = (select app_person()));
alter table guide_runs enable row level security;
create policy guide_runs_scope on guide_runs using ((select app_is_system()) or person_id = (select app_person()));
alter table guide_reports enable row level security;
create policy guide_reports_scope on guide_reports using ((select app_is_system()) or person_id = (select app_person()));

-- A template is seen by its owner and, where its home is an instance, by those who see that instance; its owner changes it. Uses are a
-- person's own; the program counts those of everybody.
alter table templates enable row level security;
create policy templates_scope on templates for select
    using ((select app_is_system()) or owner_id = (select app_person()) or home_instance_id in (select app_instances()));
create policy templates_change on templates using ((select app_is_system()) or owner_id = (select app_person()));
alter table template_uses enable row level security;
create policy template_uses_scope on template_uses using ((select app_is_system()) or person_id = (select app_person()));

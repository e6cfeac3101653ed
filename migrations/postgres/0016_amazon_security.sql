alter table instance_entities enable row level security;
create policy instance_entities_scope on instance_entities
    using ((select app_is_system()) or instance_id in (select app_instances()));

alter table survey_accounts enable row level security;
create policy survey_accounts_scope on survey_accounts
    using ((select app_is_system()) or person_id = (select app_person()));

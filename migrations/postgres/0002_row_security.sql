-- The second lock. Every transaction takes the role `recomamp_app`, which owns nothing, and names its
-- person in `app.person` ('system' for the program itself). Where nobody is named, nothing is seen.

do $$
begin
    create role recomamp_app nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

do $$
begin
    execute format('grant recomamp_app to %I', current_user);
exception
    when others then
        -- A superuser may take any role without being a member of it.
        if not (select rolsuper from pg_roles where rolname = current_user) then
            raise;
        end if;
end
$$;

do $$
begin
    execute format('grant usage on schema %I to recomamp_app', current_schema());
    execute format('grant select, insert, update, delete on all tables in schema %I to recomamp_app', current_schema());
    execute format('alter default privileges in schema %I grant select, insert, update, delete on tables to recomamp_app', current_schema());
end
$$;

create function app_person() returns text language sql stable as
$$ select coalesce(nullif(current_setting('app.person', true), ''), 'nobody') $$;

create function app_is_system() returns boolean language sql stable as
$$ select app_person() = 'system' $$;

-- The instances to which the named person has access; runs with the owner's eyes, because the table
-- that says so is itself behind a policy.
create function app_instances() returns setof text language sql stable security definer
set search_path from current as
$$ select instance_id from instance_access where person_id = app_person() $$;

-- The people with whom the named person shares an instance.
create function app_colleagues() returns setof text language sql stable security definer
set search_path from current as
$$ select theirs.person_id from instance_access theirs where theirs.instance_id in (select app_instances()) $$;

alter table people enable row level security;
create policy people_scope on people using ((select app_is_system()) or id = (select app_person()) or id in (select app_colleagues()))
    with check ((select app_is_system()) or id = (select app_person()));

alter table sessions enable row level security;
create policy sessions_scope on sessions using ((select app_is_system()) or person_id = (select app_person()));

alter table audit enable row level security;
-- What was noted stays noted: nobody but the owner of the table takes a line away.
revoke update, delete on audit from recomamp_app;
create policy audit_scope on audit using ((select app_is_system()) or person_id = (select app_person()));

alter table connections enable row level security;
create policy connections_scope on connections using ((select app_is_system()) or person_id = (select app_person()));

alter table surveys enable row level security;
create policy surveys_scope on surveys using ((select app_is_system()) or person_id = (select app_person()));

alter table instances enable row level security;
create policy instances_scope on instances using ((select app_is_system()) or id in (select app_instances()));

alter table instance_access enable row level security;
create policy instance_access_scope on instance_access using ((select app_is_system()) or person_id = (select app_person()))
    with check ((select app_is_system()) or (person_id = (select app_person()) and instance_id in (select app_instances())));

alter table instance_sources enable row level security;
create policy instance_sources_scope on instance_sources
    using ((select app_is_system()) or instance_id in (select app_instances()));

alter table queries enable row level security;
create policy queries_scope on queries using ((select app_is_system()) or instance_id in (select app_instances()));

alter table drafts enable row level security;
create policy drafts_scope on drafts using ((select app_is_system()) or person_id = (select app_person()));

alter table executions enable row level security;
create policy executions_scope on executions using ((select app_is_system()) or instance_id in (select app_instances()));

alter table execution_events enable row level security;
create policy execution_events_scope on execution_events
    using ((select app_is_system()) or execution_id in (select id from executions));

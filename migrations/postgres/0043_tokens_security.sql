-- A program with a token sees what its person sees, but nothing of instances to which the token is not limited, no
-- tokens and no sessions. `app.token` names the token and `app.instances` its instances (`,ins_1,ins_2,`); both are
-- empty for people and for the program itself.

create function app_by_hand() returns boolean language sql stable as
$$ select coalesce(current_setting('app.token', true), '') = '' $$;

create function app_reaches(instance text) returns boolean language sql stable as
$$ select coalesce(current_setting('app.instances', true), '') = ''
    or position(',' || instance || ',' in current_setting('app.instances', true)) > 0 $$;

create or replace function app_instances() returns setof text language sql stable security definer
set search_path from current as
$$ select instance_id from instance_access where person_id = app_person() and app_reaches(instance_id) $$;

create or replace function app_instances_as(needed text) returns setof text language sql stable security definer
set search_path from current as
$$ select instance_id from instance_access where person_id = app_person() and app_reaches(instance_id)
    and case role when 'manager' then 3 when 'analyst' then 2 else 1 end
        >= case needed when 'manager' then 3 when 'analyst' then 2 else 1 end $$;

create policy instance_access_reach on instance_access as restrictive using (app_reaches(instance_id));
create policy queries_reach on queries as restrictive using (home_instance_id is null or app_reaches(home_instance_id));

alter table personal_tokens enable row level security;
create policy personal_tokens_scope on personal_tokens
    using ((select app_is_system()) or (person_id = (select app_person()) and (select app_by_hand())));

create policy sessions_by_hand on sessions as restrictive using ((select app_by_hand()));

alter table api_requests enable row level security;
create policy api_requests_scope on api_requests
    using ((select app_is_system()) or person_id = (select app_person()));

-- A message is seen by those who get it, as long as they have access to its instance; they mark it as read. The program
-- writes messages, mails and incidents, and delivers.
alter table message_recipients enable row level security;
create policy message_recipients_scope on message_recipients for select
    using ((select app_is_system()) or person_id = (select app_person()));
create policy message_recipients_change on message_recipients using ((select app_is_system()));
create policy message_recipients_own on message_recipients for update using (person_id = (select app_person()));

alter table messages enable row level security;
create policy messages_scope on messages for select using ((select app_is_system())
    or ((instance_id is null or instance_id in (select app_instances()))
        and id in (select message_id from message_recipients where person_id = (select app_person()))));
create policy messages_change on messages using ((select app_is_system()));

alter table mails enable row level security;
create policy mails_scope on mails for select using ((select app_is_system()) or person_id = (select app_person()));
create policy mails_change on mails using ((select app_is_system()));

alter table message_incidents enable row level security;
create policy message_incidents_change on message_incidents using ((select app_is_system()));

alter table notice_cursor enable row level security;
create policy notice_cursor_change on notice_cursor using ((select app_is_system()));

alter table notice_preferences enable row level security;
create policy notice_preferences_scope on notice_preferences
    using ((select app_is_system()) or person_id = (select app_person()));

alter table notice_subscriptions enable row level security;
create policy notice_subscriptions_scope on notice_subscriptions
    using ((select app_is_system()) or person_id = (select app_person()))
    with check ((select app_is_system())
        or (person_id = (select app_person()) and schedule_id in (select id from schedules)));

-- An endpoint is its owner's. Those that get what everybody is told are an administrator's, by the program's own look.
alter table webhook_endpoints enable row level security;
create policy webhook_endpoints_scope on webhook_endpoints
    using ((select app_is_system()) or (person_id = (select app_person()) and not is_global));

alter table webhook_secrets enable row level security;
create policy webhook_secrets_scope on webhook_secrets
    using ((select app_is_system()) or endpoint_id in (select id from webhook_endpoints));

alter table webhook_deliveries enable row level security;
create policy webhook_deliveries_scope on webhook_deliveries
    using ((select app_is_system()) or endpoint_id in (select id from webhook_endpoints));

alter table webhook_attempts enable row level security;
create policy webhook_attempts_scope on webhook_attempts
    using ((select app_is_system()) or delivery_id in (select id from webhook_deliveries));

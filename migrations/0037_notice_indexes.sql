-- What the notifier looks for at each tick is few among many: schedules that fail, are paused, or are watched for lateness.
create index schedules_failing on schedules (id) where failures > 0;
create index schedules_paused on schedules (id) where state = 'paused';
create index notice_subscriptions_late on notice_subscriptions (schedule_id) where late_minutes is not null;

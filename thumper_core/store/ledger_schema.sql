create table if not exists roots (
    root text primary key,
    added_at text not null
);
create table if not exists files (
    root text not null,
    path text not null,
    path_bytes blob not null,
    size integer not null,
    mtime_ns integer not null,
    photo_id text not null,
    camera text not null,
    name_taken_at text,
    content integer not null,
    missing integer not null default 0,
    primary key (root, path_bytes)
) without rowid;
create index if not exists files_by_photo on files (photo_id);
create table if not exists runs (
    run_id text primary key,
    fingerprint text not null,
    state text not null,
    detector text not null,
    embedder text not null,
    config text not null,
    started_at text not null,
    finished_at text
);
create table if not exists jobs (
    job_id integer primary key autoincrement,
    run_id text,
    kind text not null,
    pid integer not null,
    pid_started real not null,
    host text not null,
    state text not null,
    started_at text not null,
    heartbeat_at text not null,
    finished_at text,
    progress text not null default '{}',
    message text
);
create table if not exists decisions (
    decision_id integer primary key autoincrement,
    kind text not null,
    subject text not null,
    payload text not null,
    author text not null,
    made_at text not null
);
create table if not exists individuals (
    individual_id text primary key,
    name text,
    theme text,
    sex text not null,
    age_class text not null,
    status text not null,
    notes text,
    created_at text not null
);
create table if not exists herds (
    herd_id text primary key,
    run_id text not null,
    method text not null,
    threshold real,
    summary text not null,
    created_at text not null
);
create table if not exists pointers (
    change_id integer primary key autoincrement,
    kind text not null,
    target text not null,
    set_at text not null,
    reason text not null
);
create table if not exists counters (
    name text primary key,
    value integer not null
);
create table if not exists class_meanings (
    detector text not null,
    class text not null,
    species text not null,
    sex text not null,
    age_class text not null,
    primary key (detector, class)
);

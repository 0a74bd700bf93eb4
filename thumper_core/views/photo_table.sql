-- The table `photos`. Base tables: photo_facts_rows (Parquet), ledger_files, cameras (Arrow), gaps (one
-- row: burst_s, event_s, clocks_since).
--
-- What a time may be used for is said here and nowhere else, by `taken_at_precision`: `unknown` for
-- nothing, `day` for what counts days, the others for everything (`is_time_evidence`).

create or replace temp table photos as
with one_path as (
    select * from ledger_files where missing = 0
    qualify row_number() over (partition by photo_id order by turn) = 1
),
raw_facts as (
    select * from photo_facts_rows
    union all by name  -- shards written before these columns lack them
    select null::varchar as exif_source, null::varchar as exif_precision,
        null::integer as sequence, null::timestamp as read_at
    where false
),
-- A photo that was read again has several rows: the one of the newest shard holds. Such photos are few
-- or none, and to find them costs less than to look every row up again.
read_again as (
    select photo_id, max(shard_file) as shard_file, min(read_at) as first_read_at
    from raw_facts group by photo_id having count(*) > 1
),
facts as (
    select r.*, coalesce(n.first_read_at, r.read_at) as first_read_at
    from raw_facts r left join read_again n using (photo_id)
    where n.shard_file is null or n.shard_file = r.shard_file
),
-- All that is known of each photo; `photo_n` is how the wide rows are found again at the end.
known as (
    select p.*, row_number() over () as photo_n, f.width, f.height, f.bytes, f.format, f.make, f.model,
        f.is_infrared, f.latitude, f.longitude, f.exif_taken_at, f.exif_source, f.exif_precision,
        f.sequence, f.first_read_at, f.duration_s, f.fps, f.codec, f.said_camera, f.said_number,
        f.temperature_c, f.battery_pct, f.battery_v, f.moon, f.pressure_hpa, f.stamp, f.stamp_camera,
        f.stamp_confidence
    from one_path p left join facts f using (photo_id)
),
-- Up to two times: what the file holds, and what its name says. A whole time comes before a day. What a
-- clip's container says may be UTC, so that a name with a whole time comes before it.
-- From here on only what times need: wide rows are slow to sort. The rest is joined at the end.
told as (
    select photo_n, photo_id, camera, name_taken_at, file_number, mtime, exif_taken_at, first_read_at, sequence,
        to_microseconds(cast(coalesce(duration_s, 0) * 1e6 as bigint)) as lasts,
        coalesce(exif_source, 'exif') as exif_from,
        coalesce(exif_precision,
            case when microsecond(exif_taken_at) % 1000000 > 0 then 'subsecond' else 'second' end
        ) as exif_exact,
        coalesce(name_precision, 'second') as name_exact,
        exif_taken_at is not null and (name_taken_at is null
            or (exif_precision is distinct from 'day' and exif_source is distinct from 'container')
            or coalesce(name_precision = 'day', false)
        ) as exif_first,
        exif_taken_at >= g.clocks_since and exif_taken_at < timestamp '2100-01-01'
            and (first_read_at is null
                or exif_taken_at < first_read_at + interval 36 hours) as exif_possible,
        name_taken_at < timestamp '2100-01-01' and (first_read_at is null
            or name_taken_at < first_read_at + interval 36 hours) as name_possible
    from known, gaps g
),
chosen as (
    select *,
        case when exif_first then coalesce(exif_possible, false) or not coalesce(name_possible, false)
            else not coalesce(name_possible, false) and coalesce(exif_possible, false)
        end as by_exif
    from told
),
timed as (
    select *,
        case when by_exif then exif_taken_at else coalesce(name_taken_at, mtime) end as clock_at,
        case when by_exif then exif_from
            when name_taken_at is not null then 'filename' else 'file_mtime' end as source,
        case when by_exif then exif_exact
            when name_taken_at is not null then name_exact else 'unknown' end as exact
    from chosen
),
-- Rows of cameras.csv that a photo falls under: the first of them holds.
camera_rows as (
    select *, row_number() over (order by first_file nulls last, "from" desc nulls last) as nth
    from cameras
),
placed_by as (
    select t.photo_n, min(c.nth) as nth
    from timed t
    join camera_rows c on c.name = t.camera
        and (c."from" is null or t.clock_at >= c."from") and (c."to" is null or t.clock_at < c."to")
        and (c.first_file is null or t.file_number between c.first_file and c.last_file)
    group by t.photo_n
),
-- The camera's offset moves a day by whole days only. A person may vouch for the dates of its files.
placed as (
    select t.photo_n, t.photo_id, t.camera, t.source, t.clock_at, t.first_read_at, t.sequence, t.lasts,
        case when t.source = 'file_mtime' and coalesce(c.file_dates, false) then 'second'
            else t.exact end as exact,
        c.latitude, c.longitude,
        coalesce(c.clock_offset_s, 0) <> 0 as is_corrected,
        to_microseconds(cast(coalesce(c.clock_offset_s, 0) * 1e6 as bigint)) as ahead,
        case when t.exact = 'day' then date_trunc('day', t.clock_at + interval 12 hours + ahead)
            when year(t.clock_at) between 200 and 9800 then t.clock_at + ahead
            else t.clock_at end as taken_at
    from timed t left join placed_by using (photo_n) left join camera_rows c using (nth)
),
judged as (
    select p.*, exact <> 'unknown' and (
            (source <> 'filename' and taken_at < g.clocks_since)
            or taken_at >= timestamp '2100-01-01'
            or coalesce(taken_at >= first_read_at + interval 36 hours, false)
        ) as is_impossible
    from placed p, gaps g
),
-- A clock that lost its battery starts again at the first moment of a year. Such a stretch of photos
-- is known by its beginning where all else of the camera is most of a year away or more.
-- Between two such stretches lie days without a photo: days are far fewer than photos.
days as (
    select camera, date_trunc('day', taken_at) as day, min(taken_at) as begins, max(taken_at) as ends
    from judged where exact <> 'unknown' and not is_impossible group by all
),
stepped as (
    select *, begins - lag(ends) over (partition by camera order by day) as gap from days
),
numbered as (
    select *, count(*) filter (where gap > interval 30 days) over (
            partition by camera order by day rows between unbounded preceding and current row
        ) as stretch
    from stepped
),
stretches as (
    select camera, stretch, min(begins) as begins, max(ends) as ends,
        min(begins) - lag(max(ends)) over beside as since,
        lead(min(begins)) over beside - max(ends) as til
    from numbered group by camera, stretch
    window beside as (partition by camera order by stretch)
),
resets as (
    select camera, begins, ends from stretches
    where begins < date_trunc('year', begins) + interval 1 hour
        and ends - begins < interval 60 days
        and coalesce(since, til) is not null
        and coalesce(since > interval 300 days, true)
        and coalesce(til > interval 300 days, true)
),
believed as (
    select j.*, j.is_impossible or (r.camera is not null and j.exact <> 'unknown' and not j.is_corrected
            and j.source in ('exif', 'maker_note', 'container', 'stamp')) as is_implausible,
        case when is_implausible then 'implausible' else source end as taken_at_source,
        case when is_implausible then 'unknown' else exact end as taken_at_precision,
        taken_at_precision in ('subsecond', 'second', 'minute') as is_time_evidence
    from judged j left join resets r on r.camera = j.camera and j.taken_at between r.begins and r.ends
),
-- A photo whose time is no evidence is a burst and an event of its own. Two times to the minute may
-- lie a minute further apart than they say. What follows a clip is counted from the clip's end.
gapped as (
    select *, taken_at - lag(taken_at + lasts) over camera_order
            + case when 'minute' in (taken_at_precision, lag(taken_at_precision) over camera_order)
                then interval 59 seconds else interval 0 seconds end as gap
    from believed
    window camera_order as (
        partition by camera, is_time_evidence order by taken_at, sequence, photo_id
    )
),
starts as (
    select photo_n, photo_id, camera, taken_at, taken_at_source, taken_at_precision, is_time_evidence,
        sequence, latitude, longitude, clock_at,
        case when not is_time_evidence or gap is null
                or gap > to_microseconds(cast(burst_s * 1e6 as bigint))
            then photo_id end as burst_start,
        case when not is_time_evidence or gap is null
                or gap > to_microseconds(cast(event_s * 1e6 as bigint))
            then photo_id end as event_start
    from gapped g, gaps
)
select s.photo_id, p.path, p.root, s.camera, taken_at, taken_at_source, p.width, p.height,
    coalesce(p.bytes, p.size) as bytes, p.make, p.model, p.is_infrared,
    coalesce(s.latitude, p.latitude) as latitude, coalesce(s.longitude, p.longitude) as longitude,
    burst_id, event_id, p.format, p.path_bytes, taken_at_precision, is_time_evidence, s.sequence,
    p.file_number, s.clock_at, p.duration_s, p.fps, p.codec, p.said_camera, p.said_number,
    p.temperature_c, p.battery_pct, p.battery_v, p.moon, p.pressure_hpa, p.stamp, p.stamp_camera,
    p.stamp_confidence, p.first_read_at as read_at
from (
    select *, 'b' || last_value(burst_start ignore nulls) over camera_order as burst_id,
        'e' || last_value(event_start ignore nulls) over camera_order as event_id
    from starts
    window camera_order as (
        partition by camera, is_time_evidence order by taken_at, sequence, photo_id
        rows between unbounded preceding and current row
    )
) s
join known p using (photo_n);

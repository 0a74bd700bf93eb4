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
-- a photo that was read again has several rows: the one of the newest shard holds
raw_facts as (
    select * from photo_facts_rows
    union all by name  -- shards written before these columns lack them
    select null::varchar as exif_source, null::varchar as exif_precision,
        null::integer as sequence, null::timestamp as read_at
    where false
),
facts as (
    select r.*, n.first_read_at
    from raw_facts r join (
        select photo_id, max(shard_file) as shard_file, min(read_at) as first_read_at
        from raw_facts group by photo_id
    ) n using (photo_id, shard_file)
),
-- Up to two times: what the file holds, and what its name says. A whole time comes before a day.
-- From here on only what times need: wide rows are slow to sort. The rest is joined at the end.
told as (
    select p.photo_id, p.camera, p.name_taken_at, p.file_number, p.mtime, f.exif_taken_at, f.first_read_at,
        f.sequence,
        coalesce(f.exif_source, 'exif') as exif_source,
        coalesce(f.exif_precision,
            case when microsecond(f.exif_taken_at) % 1000000 > 0 then 'subsecond' else 'second' end
        ) as exif_precision,
        coalesce(p.name_precision, 'second') as name_exact,
        f.exif_taken_at is not null and (p.name_taken_at is null
            or f.exif_precision is distinct from 'day' or coalesce(p.name_precision = 'day', false)
        ) as exif_first,
        f.exif_taken_at >= g.clocks_since and f.exif_taken_at < timestamp '2100-01-01'
            and (f.first_read_at is null
                or f.exif_taken_at < f.first_read_at + interval 36 hours) as exif_possible,
        p.name_taken_at < timestamp '2100-01-01' and (f.first_read_at is null
            or p.name_taken_at < f.first_read_at + interval 36 hours) as name_possible
    from one_path p left join facts f using (photo_id), gaps g
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
        case when by_exif then exif_source
            when name_taken_at is not null then 'filename' else 'file_mtime' end as source,
        case when by_exif then exif_precision
            when name_taken_at is not null then name_exact else 'unknown' end as exact
    from chosen
),
-- The camera's offset moves a day by whole days only. A person may vouch for the dates of its files.
placed as (
    select t.photo_id, t.camera, t.source, t.clock_at, t.first_read_at, t.sequence,
        case when t.source = 'file_mtime' and coalesce(c.file_dates, false) then 'second'
            else t.exact end as exact,
        c.latitude, c.longitude,
        coalesce(c.clock_offset_s, 0) <> 0 as is_corrected,
        to_microseconds(cast(coalesce(c.clock_offset_s, 0) * 1e6 as bigint)) as ahead,
        case when t.exact = 'day' then date_trunc('day', t.clock_at + interval 12 hours + ahead)
            when year(t.clock_at) between 200 and 9800 then t.clock_at + ahead
            else t.clock_at end as taken_at
    from timed t
    left join cameras c on c.name = t.camera
        and (c."from" is null or t.clock_at >= c."from") and (c."to" is null or t.clock_at < c."to")
        and (c.first_file is null or t.file_number between c.first_file and c.last_file)
    qualify row_number() over (
        partition by t.photo_id order by c.first_file nulls last, c."from" desc nulls last
    ) = 1
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
stepped as (
    select photo_id, camera, taken_at, source, is_corrected,
        count(*) filter (where gap > interval 30 days) over (
            partition by camera order by taken_at rows between unbounded preceding and current row
        ) as stretch
    from (
        select *, taken_at - lag(taken_at) over (partition by camera order by taken_at) as gap
        from judged where exact <> 'unknown' and not is_impossible
    )
),
stretches as (
    select camera, stretch, min(taken_at) as begins, max(taken_at) as ends,
        begins - lag(max(taken_at)) over beside as since, lead(min(taken_at)) over beside - ends as til
    from stepped group by camera, stretch
    window beside as (partition by camera order by stretch)
),
resets as (
    select s.photo_id
    from stepped s join stretches t using (camera, stretch)
    where t.begins < date_trunc('year', t.begins) + interval 1 hour
        and t.ends - t.begins < interval 60 days
        and coalesce(t.since, t.til) is not null
        and coalesce(t.since > interval 300 days, true)
        and coalesce(t.til > interval 300 days, true)
        and s.source in ('exif', 'maker_note') and not s.is_corrected
),
believed as (
    select j.*, j.is_impossible or r.photo_id is not null as is_implausible,
        case when is_implausible then 'implausible' else source end as taken_at_source,
        case when is_implausible then 'unknown' else exact end as taken_at_precision,
        taken_at_precision in ('subsecond', 'second', 'minute') as is_time_evidence
    from judged j left join resets r using (photo_id)
),
-- A photo whose time is no evidence is a burst and an event of its own. Two times to the minute may
-- lie a minute further apart than they say.
gapped as (
    select *, taken_at - lag(taken_at) over camera_order
            + case when 'minute' in (taken_at_precision, lag(taken_at_precision) over camera_order)
                then interval 59 seconds else interval 0 seconds end as gap
    from believed
    window camera_order as (
        partition by camera, is_time_evidence order by taken_at, sequence, photo_id
    )
),
starts as (
    select g.photo_id, camera, taken_at, taken_at_source, taken_at_precision, is_time_evidence,
        sequence, latitude, longitude, clock_at,
        case when not is_time_evidence or gap is null
                or gap > to_microseconds(cast(burst_s * 1e6 as bigint))
            then photo_id end as burst_start,
        case when not is_time_evidence or gap is null
                or gap > to_microseconds(cast(event_s * 1e6 as bigint))
            then photo_id end as event_start
    from gapped g, gaps
)
select photo_id, p.path, p.root, camera, taken_at, taken_at_source, f.width, f.height,
    coalesce(f.bytes, p.size) as bytes, f.make, f.model, f.is_infrared,
    coalesce(s.latitude, f.latitude) as latitude, coalesce(s.longitude, f.longitude) as longitude,
    burst_id, event_id, f.format, p.path_bytes, taken_at_precision, is_time_evidence, s.sequence,
    p.file_number, s.clock_at
from (
    select *, 'b' || last_value(burst_start ignore nulls) over camera_order as burst_id,
        'e' || last_value(event_start ignore nulls) over camera_order as event_id
    from starts
    window camera_order as (
        partition by camera, is_time_evidence order by taken_at, sequence, photo_id
        rows between unbounded preceding and current row
    )
) s
join one_path p using (photo_id, camera) left join facts f using (photo_id);

#include "mgmt/http/metrics.h"

#include <array>
#include <chrono>
#include <memory>

#include "mgmt/http/metrics_text.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyState;
using copyengine::CopyStatus;
using target::SessionInfo;

constexpr uint64_t kTellEndedNs = 300'000'000'000;  // five minutes

/// One figure of one kind of thing.
template <class T>
struct Figure {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  double (*value)(const T&);
};

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

constexpr std::array kOfVolumes = {
    Figure<VolumeView>{"tidemark_volume_size_bytes", MetricKind::gauge, "Size of the volume.",
                       [](const VolumeView& v) { return static_cast<double>(v.size); }},
    Figure<VolumeView>{"tidemark_volume_write_protected", MetricKind::gauge,
                       "1 while a copy is being written to the volume.",
                       [](const VolumeView& v) { return v.write_protected ? 1.0 : 0.0; }},
};

constexpr std::array kOfLuns = {
    Figure<LunView>{"tidemark_lun_reads_total", MetricKind::counter, "Reads that ended well.",
                    [](const LunView& l) { return static_cast<double>(l.io.reads); }},
    Figure<LunView>{"tidemark_lun_writes_total", MetricKind::counter, "Writes that ended well.",
                    [](const LunView& l) { return static_cast<double>(l.io.writes); }},
    Figure<LunView>{"tidemark_lun_read_bytes_total", MetricKind::counter, "Data sent to hosts.",
                    [](const LunView& l) { return static_cast<double>(l.io.bytes_read); }},
    Figure<LunView>{"tidemark_lun_written_bytes_total", MetricKind::counter,
                    "Data received from hosts.",
                    [](const LunView& l) { return static_cast<double>(l.io.bytes_written); }},
    Figure<LunView>{"tidemark_lun_errors_total", MetricKind::counter,
                    "Reads and writes that ended in a medium error.",
                    [](const LunView& l) { return static_cast<double>(l.io.errors); }},
};

constexpr std::array kOfSessions = {
    Figure<SessionInfo>{"tidemark_session_commands_total", MetricKind::counter,
                        "SCSI commands of the session.",
                        [](const SessionInfo& s) { return static_cast<double>(s.commands); }},
    Figure<SessionInfo>{"tidemark_session_read_bytes_total", MetricKind::counter,
                        "Data sent to the initiator.",
                        [](const SessionInfo& s) { return static_cast<double>(s.bytes_read); }},
    Figure<SessionInfo>{"tidemark_session_written_bytes_total", MetricKind::counter,
                        "Data received from the initiator.",
                        [](const SessionInfo& s) { return static_cast<double>(s.bytes_written); }},
};

constexpr std::array kOfCopies = {
    Figure<CopyStatus>{"tidemark_copy_bytes", MetricKind::gauge, "What is to be copied.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_total); }},
    Figure<CopyStatus>{"tidemark_copy_done_bytes_total", MetricKind::counter,
                       "Of that, what is copied, in whatever way.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_done); }},
    Figure<CopyStatus>{"tidemark_copy_written_bytes_total", MetricKind::counter,
                       "Moved by reads and writes.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_written); }},
    Figure<CopyStatus>{"tidemark_copy_skipped_bytes_total", MetricKind::counter,
                       "Holes and zeroes, which are not moved.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_skipped); }},
    Figure<CopyStatus>{"tidemark_copy_preserved_bytes_total", MetricKind::counter,
                       "Old data saved before a host overwrote it.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_preserved); }},
    Figure<CopyStatus>{"tidemark_copy_verified_bytes_total", MetricKind::counter,
                       "Read back from the destination and compared.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_verified); }},
    Figure<CopyStatus>{"tidemark_copy_mismatched_bytes_total", MetricKind::counter,
                       "Of these, what was not as it had been written.",
                       [](const CopyStatus& c) { return static_cast<double>(c.bytes_mismatched); }},
    Figure<CopyStatus>{"tidemark_copy_store_bytes", MetricKind::gauge,
                       "Old data now in the snapshot store.",
                       [](const CopyStatus& c) { return static_cast<double>(c.store_bytes); }},
    Figure<CopyStatus>{"tidemark_copy_held_writes", MetricKind::gauge,
                       "Host writes that are held now.",
                       [](const CopyStatus& c) { return static_cast<double>(c.held_now); }},
    Figure<CopyStatus>{"tidemark_copy_held_writes_total", MetricKind::counter,
                       "Host writes that were held.",
                       [](const CopyStatus& c) { return static_cast<double>(c.held_total); }},
    Figure<CopyStatus>{"tidemark_copy_failed_writes_total", MetricKind::counter,
                       "Host writes failed because old data could not be saved.",
                       [](const CopyStatus& c) { return static_cast<double>(c.writes_failed); }},
    Figure<CopyStatus>{"tidemark_copy_longest_hold_seconds", MetricKind::gauge,
                       "The longest time that a write was held.",
                       [](const CopyStatus& c) { return seconds(c.holds.longest); }},
    Figure<CopyStatus>{"tidemark_copy_fence_seconds", MetricKind::gauge,
                       "How long writes were stopped to set the begin time.",
                       [](const CopyStatus& c) { return seconds(c.fence_time); }},
    Figure<CopyStatus>{"tidemark_copy_segments", MetricKind::gauge, "Segments of the copy.",
                       [](const CopyStatus& c) { return static_cast<double>(c.segments_total); }},
    Figure<CopyStatus>{"tidemark_copy_done_segments_total", MetricKind::counter,
                       "Segments that are copied.",
                       [](const CopyStatus& c) { return static_cast<double>(c.segments_done); }},
    Figure<CopyStatus>{"tidemark_copy_rate_bytes_per_second", MetricKind::gauge,
                       "How fast it copies.",
                       [](const CopyStatus& c) { return c.bytes_per_second; }},
    Figure<CopyStatus>{"tidemark_copy_share", MetricKind::gauge,
                       "Share of the time that the copier works; 1 while hosts leave it alone.",
                       [](const CopyStatus& c) { return c.copier_share; }},
    Figure<CopyStatus>{"tidemark_copy_host_latency_seconds", MetricKind::gauge,
                       "How long host I/O to the source takes lately.",
                       [](const CopyStatus& c) { return seconds(c.host_latency); }},
    Figure<CopyStatus>{"tidemark_copy_begin_time_seconds", MetricKind::gauge,
                       "The begin time, in seconds of Unix time.",
                       [](const CopyStatus& c) { return static_cast<double>(c.t0_unix_ns) / 1e9; }},
};

MetricLabels labels_of(const VolumeView& volume) {
  return {{"volume", volume.name}};
}

MetricLabels labels_of(const LunView& lun) {
  return {{"target", lun.target}, {"lun", std::to_string(lun.lun)}, {"volume", lun.volume}};
}

MetricLabels labels_of(const SessionInfo& session) {
  return {{"session", std::to_string(session.id)},
          {"target", session.target},
          {"initiator", session.initiator}};
}

MetricLabels labels_of(const CopyStatus& copy) {
  return {{"copy", std::to_string(copy.id)},
          {"source", copy.request.source},
          {"destination", copy.request.destination}};
}

template <class T, size_t N>
void write(MetricsText& text, const std::array<Figure<T>, N>& figures,
           const std::vector<T>& things) {
  for (const Figure<T>& figure : figures) {
    text.family(figure.name, figure.kind, figure.help);
    for (const T& thing : things) text.sample(labels_of(thing), figure.value(thing));
  }
}

void write_status(MetricsText& text, const StatusView& status) {
  text.family("tidemark_build_info", MetricKind::gauge, "Always 1; what this daemon is.");
  text.sample({{"version", status.version}, {"io_engine", status.io_engine}}, uint64_t{1});
  text.family("tidemark_uptime_seconds", MetricKind::gauge, "Since the daemon started.");
  text.sample({}, status.uptime_seconds);
  text.family("tidemark_sessions", MetricKind::gauge, "iSCSI sessions.");
  text.sample({}, status.sessions);
  text.family("tidemark_refused_logins_total", MetricKind::counter,
              "Logins refused since the start, by cause.");
  for (const auto& [cause, count] : status.refused_logins) text.sample({{"cause", cause}}, count);
}

void write_states(MetricsText& text, const std::vector<CopyStatus>& copies) {
  text.family("tidemark_copies", MetricKind::gauge, "Copies that are known, by state.");
  for (int i = 0; i <= static_cast<int>(CopyState::broken); ++i) {
    const auto state = static_cast<CopyState>(i);
    uint64_t count = 0;
    for (const CopyStatus& copy : copies) count += copy.state == state ? 1 : 0;
    text.sample({{"state", std::string(copyengine::name_of(state))}}, count);
  }
}

void write_holds(MetricsText& text, const std::vector<CopyStatus>& copies) {
  text.family("tidemark_copy_hold_seconds", MetricKind::histogram,
              "How long host writes were held.");
  for (const CopyStatus& copy : copies) {
    uint64_t count = 0;
    for (size_t i = 0; i < copyengine::kHoldBuckets; ++i) {
      count += copy.holds.count[i];
      text.bucket(labels_of(copy), static_cast<double>(uint64_t{1} << i) / 1e6, count);
    }
    text.buckets_end(labels_of(copy), count);
  }
}

}  // namespace

std::string metrics_text(const MetricsView& view, uint64_t now_unix_ns) {
  MetricsText text;
  write_status(text, view.status);
  write(text, kOfVolumes, view.volumes);
  write(text, kOfLuns, view.luns);
  write(text, kOfSessions, view.sessions);
  write_states(text, view.copies);
  std::vector<CopyStatus> recent;
  for (const CopyStatus& copy : view.copies)
    if (!copyengine::ended(copy.state) || copy.ended_unix_ns + kTellEndedNs > now_unix_ns)
      recent.push_back(copy);
  write(text, kOfCopies, recent);
  write_holds(text, recent);
  return text.text();
}

MethodRow metrics_method(Backend& backend) {
  MethodRow row{"GET", "/metrics", {}, false, false, "figures for Prometheus", nullptr};
  row.content_type = MetricsText::kContentType;
  row.handler = [&backend](const Call&, const Answer& answer) {
    auto view = std::make_shared<MetricsView>();
    const auto with_copies = [view, answer](std::vector<CopyStatus> copies) {
      view->copies = std::move(copies);
      answer([view] {
        return HttpResponse{
            200, std::string(MetricsText::kContentType), metrics_text(*view, unix_now_ns()), {}};
      });
    };
    const auto with_sessions = [view, &backend, with_copies](std::vector<SessionInfo> sessions) {
      view->sessions = std::move(sessions);
      backend.copies(with_copies);
    };
    const auto with_volumes = [view, &backend, with_sessions](std::vector<VolumeView> volumes) {
      view->volumes = std::move(volumes);
      backend.sessions(with_sessions);
    };
    backend.status([view, &backend, with_volumes](StatusView status) {
      view->status = std::move(status);
      view->luns = backend.luns();
      backend.volumes(with_volumes);
    });
  };
  return row;
}

}  // namespace tidemark::mgmt

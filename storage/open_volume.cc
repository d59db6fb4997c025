#include "storage/open_volume.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "base/invariant.h"
#include "storage/backing_file.h"
#include "storage/file_volume.h"
#include "storage/memory_volume.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kBytesMax = std::numeric_limits<int64_t>::max();

Result<void> check_sizes(const VolumeSpec& spec) {
  if (spec.block_size != 512 && spec.block_size != 4096)
    return Error{ErrorKind::invalid,
                 fmt::format("the block size is 512 or 4096, not {}", spec.block_size),
                 "block_size"};
  if (!spec.size) return {};
  if (*spec.size == 0) return Error{ErrorKind::invalid, "the size is 0", "size"};
  if (*spec.size > kBytesMax)
    return Error{ErrorKind::invalid,
                 fmt::format("the size {} is beyond what a file can have", *spec.size), "size"};
  if (*spec.size % spec.block_size != 0)
    return Error{ErrorKind::invalid,
                 fmt::format("the size {} is not a multiple of the block size {}", *spec.size,
                             spec.block_size),
                 "size"};
  return {};
}

VolumeTraits traits_of(const VolumeSpec& spec) {
  VolumeTraits traits;
  traits.name = spec.name;
  traits.block_size = spec.block_size;
  traits.read_only = spec.read_only;
  traits.write_cache = !spec.write_through;
  traits.location = spec.location;
  traits.physical_block_size = std::max(spec.physical_block_size, spec.block_size);
  traits.lowest_aligned_lba = spec.lowest_aligned_lba;
  traits.removable = spec.removable;
  traits.thin = !spec.thick;
  return traits;
}

Result<std::unique_ptr<Volume>> open_memory(const VolumeSpec& spec, Engines& engines) {
  if (!spec.size) return Error{ErrorKind::invalid, "a volume in memory needs a size", "size"};
  VolumeTraits traits = traits_of(spec);
  traits.bytes = *spec.size;
  auto volume = MemoryVolume::make(std::move(traits), &engines.executor());
  if (!volume) return volume.error();
  return std::unique_ptr<Volume>(std::move(volume).value());
}

std::unique_ptr<Volume> serve(Result<BackingFile>& backing, VolumeTraits traits,
                              std::string_view kind, Engines& engines) {
  traits.bytes = backing.value().bytes;
  traits.thin = backing.value().thin;
  traits.unmap_granularity = backing.value().unmap_granularity;
  traits.identity = backing.value().identity;
  traits.kind = kind;
  return std::make_unique<FileVolume>(std::move(traits), std::move(backing.value().file), engines);
}

}  // namespace

Result<std::unique_ptr<Volume>> open_volume(const VolumeSpec& spec, Engines& engines) {
  if (auto sizes = check_sizes(spec); !sizes) return sizes.error();
  const size_t colon = spec.location.find(':');
  const std::string kind = spec.location.substr(0, colon);
  const std::string path = colon == std::string::npos ? "" : spec.location.substr(colon + 1);
  const bool known =
      colon != std::string::npos && (kind == "file" || kind == "block" || kind == "memory");
  if (!known)
    return Error{
        ErrorKind::invalid,
        fmt::format("\"{}\" is not \"file:PATH\", \"block:PATH\" or \"memory:\"", spec.location),
        "location"};
  if (path.find('\0') != std::string::npos)
    return Error{ErrorKind::invalid, "the path has a zero byte in it", "location"};
  if ((kind == "memory") != path.empty())
    return Error{
        ErrorKind::invalid,
        fmt::format("\"{}\" {}", spec.location,
                    path.empty() ? "has no path after the colon" : "has something after the colon"),
        "location"};
  if (kind == "memory") return open_memory(spec, engines);
  auto backing = kind == "file" ? open_backing_file(path, spec) : open_block_device(path, spec);
  if (!backing) return backing.error();
  return serve(backing, traits_of(spec), kind, engines);
}

namespace {

Result<std::unique_ptr<Volume>> serve_store(Result<BackingFile> backing, const std::string& path,
                                            Engines& engines) {
  if (!backing) return backing.error();
  VolumeTraits traits;
  traits.name = path;
  traits.location = "file:" + path;
  return serve(backing, std::move(traits), "file", engines);
}

}  // namespace

Result<std::unique_ptr<Volume>> make_sparse_store(const std::string& path, uint64_t bytes,
                                                  Engines& engines) {
  INVARIANT(bytes > 0 && bytes % 512 == 0);
  return serve_store(make_nameless_file(path, bytes), path, engines);
}

Result<std::unique_ptr<Volume>> make_kept_store(const std::string& path, uint64_t bytes,
                                                Engines& engines) {
  INVARIANT(bytes > 0 && bytes % 512 == 0);
  return serve_store(make_named_file(path, bytes), path, engines);
}

}  // namespace tidemark::storage

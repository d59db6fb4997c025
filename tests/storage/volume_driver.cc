#include "tests/storage/volume_driver.h"

#include <sys/stat.h>

#include <cstdlib>
#include <future>

#include "storage/io_steps.h"

namespace tidemark::storage {

ScratchDirectory::ScratchDirectory(const std::string& parent) : path_(parent + "/tidemark.XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "no directory in " << parent;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

VolumeDriver::VolumeDriver(EngineChoice choice) {
  auto made = make_engines(cores_, choice);
  INVARIANT(made.ok());
  engines_ = std::move(made).value();
  cores_.start();
}

VolumeDriver::~VolumeDriver() {
  shut_down();
}

void VolumeDriver::shut_down() {
  cores_.stop();
  cores_.join();
  engines_.reset();
}

namespace {

template <class Start>
Errc run_and_wait(CorePool& cores, VolumeIo& io, Start start) {
  std::promise<void> ended;
  io.owner = &ended;
  io.done = [](VolumeIo& done) noexcept {
    static_cast<std::promise<void>*>(done.owner)->set_value();
  };
  cores.post(io.core, start);
  ended.get_future().wait();
  return io.error;
}

}  // namespace

Errc VolumeDriver::run(Volume& volume, VolumeIo& io) {
  return run_and_wait(cores_, io, [&] { volume.submit(io); });
}

Errc VolumeDriver::run(VolumeIo& io) {
  return run_and_wait(cores_, io, [&] { engines_->of(io.core).submit(io); });
}

Errc VolumeDriver::read(Volume& volume, uint64_t offset, std::vector<uint8_t>& to, CoreId core) {
  const iovec memory{to.data(), to.size()};
  VolumeIo io;
  io.core = core;
  io.extent = {offset, to.size()};
  io.memory = {&memory, 1};
  return run(volume, io);
}

Errc VolumeDriver::write(Volume& volume, uint64_t offset, const std::vector<uint8_t>& from,
                         bool fua, CoreId core) {
  const iovec memory{const_cast<uint8_t*>(from.data()), from.size()};
  VolumeIo io;
  io.verb = Verb::write;
  io.fua = fua;
  io.core = core;
  io.extent = {offset, from.size()};
  io.memory = {&memory, 1};
  return run(volume, io);
}

Errc VolumeDriver::change(Volume& volume, Verb verb, Extent extent, bool fua) {
  VolumeIo io;
  io.verb = verb;
  io.fua = fua;
  io.extent = extent;
  return run(volume, io);
}

std::vector<uint8_t> VolumeDriver::contents(Volume& volume, Extent extent) {
  std::vector<uint8_t> bytes(extent.length, 0xEE);
  EXPECT_EQ(read(volume, extent.offset, bytes), Errc::ok);
  return bytes;
}

std::vector<EngineChoice> engines_here() {
  CorePool cores{1};
  std::vector<EngineChoice> choices{EngineChoice::threads};
  if (make_engines(cores, EngineChoice::io_uring)) choices.push_back(EngineChoice::io_uring);
  return choices;
}

std::string engine_test_name(const testing::TestParamInfo<EngineChoice>& choice) {
  return choice.param == EngineChoice::threads ? "threads" : "io_uring";
}

std::vector<uint8_t> pattern(uint64_t length, uint8_t seed) {
  std::vector<uint8_t> bytes(length);
  for (uint64_t i = 0; i < length; ++i)
    bytes[i] = static_cast<uint8_t>((i * 31 + i / 251 + seed) % 255 + 1);
  return bytes;
}

std::unique_ptr<Volume> open_file(Engines& engines, const std::string& path, uint64_t size,
                                  bool write_through) {
  VolumeSpec spec;
  spec.name = "test";
  spec.location = "file:" + path;
  spec.size = size;
  spec.write_through = write_through;
  auto opened = open_volume(spec, engines);
  if (!opened) ADD_FAILURE() << opened.error().message;
  return std::move(opened).value();
}

uint64_t allocated_bytes(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

}  // namespace tidemark::storage

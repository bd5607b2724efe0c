# Evaluates the Vagrantfile with a stand-in for Vagrant, which notes what is set, and looks at that.

# Takes any call, and notes it with its arguments.
class Recorder
  attr_reader :calls

  def initialize(known)
    @known = known
    @calls = []
  end

  def method_missing(name, *args, **options, &block)
    # A name that Vagrant does not know would be an error there too.
    abort "Vagrant has no setting #{name}" unless @known.include?(name.to_s.delete_suffix("="))
    @calls << [name.to_s, args, options]
    return unless block

    inner = Recorder.new(PROVIDER_SETTINGS.fetch(args.first))
    block.call(inner)
    @calls.last << inner
  end

  def respond_to_missing?(*)
    true
  end

  def all(name)
    @calls.select { |call, *| call == name }
  end

  def value(name)
    all("#{name}=").last&.dig(1, 0) or abort "#{name} is not set"
  end
end

PROVIDER_SETTINGS = {
  "libvirt" => %w[cpus memory cpu_mode nested machine_virtual_size],
  "virtualbox" => %w[cpus memory customize]
}.freeze
MACHINE_SETTINGS = %w[box hostname synced_folder provider provision].freeze

module Vagrant
  Config = Struct.new(:vm)
  MACHINE = Recorder.new(MACHINE_SETTINGS)

  def self.require_version(wanted)
    Gem::Requirement.new(wanted)
  end

  def self.configure(version)
    abort "configuration #{version}?" unless version == "2"
    yield Config.new(MACHINE)
  end
end

dir = __dir__
load File.join(dir, "Vagrantfile")
machine = Vagrant::MACHINE
abort "no box" if machine.value("box").empty?
providers = machine.all("provider").to_h { |_, args, _, inner| [args.first, inner] }
PROVIDER_SETTINGS.each_key do |name|
  provider = providers[name] or abort "no provider #{name}"
  abort "#{name}: too small" if provider.value("cpus") < 2 || provider.value("memory") < 4096
end
_, kind, options = machine.all("provision").fetch(0)
abort "provisioned by #{kind}" unless kind == ["shell"]
abort "no such script" unless File.exist?(File.join(dir, options.fetch(:path)))
abort "bpf needs a reboot" unless options[:reboot]
machine.all("synced_folder").each do |_, (from, _)|
  abort "no folder #{from}" unless File.directory?(File.expand_path(from, dir))
end
